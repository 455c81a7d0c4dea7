"""What a proposal says beyond its one sentence: the lines of a new version, the words of a notice, the clauses of an edition."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from models.proposal import ActKind
from models.standard import PolicyKind
from notifications import own_words, wording
from services import policy_acts
from services.dry_run import Shift
from web.language import Words
from web.notice_words import notice_of
from web.policy_changes import Change, changes

DATED = frozenset(act.kind for act in policy_acts.ACTS.values())


@dataclass(frozen=True)
class Content:
    facts: Sequence[tuple[str, str]] = ()
    changes: Sequence[Change] = ()
    clauses: Sequence[Mapping[str, Any]] = ()


def content_of(session: Session, row: Any, say: Words) -> Content:
    kind, payload = ActKind(row.kind), json.loads(row.payload)
    if kind in DATED:
        return _of_policy(session, payload, say)
    if kind == ActKind.EDIT_STANDARDS:
        return _of_standards(payload, say)
    if kind == ActKind.EDIT_TEMPLATE:
        return _of_template(session, payload, say, waiting=row.outcome is None)
    return Content()


def fingerprint(shifts: Sequence[Shift]) -> str:
    """Of a dry run as somebody saw it: what they approve is what they were shown."""
    seen = [[one.deadline_id, one.would_be_due_at.isoformat(), str(one.would_be_next_level_at)] for one in shifts]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()


def _of_policy(session: Session, payload: Any, say: Words) -> Content:
    kind = PolicyKind(payload["policy"])
    held = next(one for one in policy_acts.versions(session, kind) if one.version == payload["follows"])
    return Content(changes=changes(kind, held.body, json.loads(payload["body"]), say))


def _of_standards(payload: Any, say: Words) -> Content:
    facts = [
        (say("标准名称"), payload["title"]), (say("文号"), payload["doc_no"]), (say("生效日期"), payload["effective_on"]),
        (say("同时废止的旧条款"), say("、").join(payload["repeals"]) or "—"), (say("依据"), payload["source"]),
    ]  # fmt: skip
    return Content(facts=facts, clauses=payload["clauses"])


def _of_template(session: Session, payload: Any, say: Words, *, waiting: bool) -> Content:
    topic, shipped = payload["topic"], wording.shipped(payload["topic"])
    facts = [(say("通知"), say(notice_of(topic)))]
    held = (own_words.newest(session, topic) or shipped) if waiting else shipped
    after = (payload["subject"], payload["body"]) if payload["body"] else shipped
    labels = (say("标题"), say("正文"))
    return Content(facts, [Change(*one) for one in zip(labels, held, after, strict=True) if one[1] != one[2]])
