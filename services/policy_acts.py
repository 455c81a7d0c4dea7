"""New versions of the rules, the ladder and the calendar: proposed with a dry run, in force when a second person agrees.

Hazards under earlier versions keep them. Of the running deadlines only those move that the approver chose from the dry
run (`services/date_moves.py`).
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from models import Policy
from models.body_faults import refused
from models.calendar import WorkCalendar
from models.errors import GateNotMet, InvalidInput
from models.ladder import Ladder
from models.limits import ZONE
from models.operations import Operation
from models.proposal import ActKind
from models.rules import DeadlineRules
from models.stage import Clock
from models.standard import PolicyKind
from models.version_bodies import CalendarBody, LadderBody, RulesBody, checked
from services import date_moves, dry_run, duties, policies, trail
from services.acts import Approval, OfficeAct, Payload

POLICY_CHANGED = "POLICY_CHANGED"
_RULES = {
    PolicyKind.RULES: "时限规则新版本：程序所用各项时限齐全、不重复，数值在允许范围内",
    PolicyKind.LADDER: "督办升级规则新版本：四类责任方各有第0至4级，逐级不提前，每级写明告知对象",
    PolicyKind.CALENDAR: "工作日历新版本：只修订今后的日期，年份和日期齐全、不重复",
}  # fmt: skip
_SHAPES: Mapping[PolicyKind, Callable[[Mapping[str, Any]], object]] = {
    PolicyKind.RULES: partial(checked, RulesBody, rule=_RULES[PolicyKind.RULES]),
    PolicyKind.LADDER: partial(checked, LadderBody, rule=_RULES[PolicyKind.LADDER]),
    PolicyKind.CALENDAR: partial(checked, CalendarBody, rule=_RULES[PolicyKind.CALENDAR]),
}
_NAMES = {PolicyKind.RULES: "时限规则", PolicyKind.LADDER: "督办升级规则", PolicyKind.CALENDAR: "工作日历"}


class Version(NamedTuple):
    version: int
    source: str
    created_at: datetime
    body: Mapping[str, Any]


def versions(session: Session, kind: PolicyKind) -> list[Version]:
    """Every version of a policy, the newest first."""
    rows = select(Policy).where(col(Policy.kind) == kind).order_by(col(Policy.version).desc())
    return [
        Version(row.version, row.source, row.created_at, json.loads(row.body))
        for row in session.execute(rows).scalars()
    ]


def payload_of(session: Session, kind: PolicyKind, body: Mapping[str, Any], source: str) -> dict[str, Any]:
    """What is proposed, and which version it was made from.

    Raises: InvalidInput naming the place in the body that is wrong.
    """
    _SHAPES[kind](body)
    return {"policy": kind, "body": _text(body), "source": source, "follows": versions(session, kind)[0].version}


def proposed(session: Session, payload: Payload, *, at: datetime) -> Sequence[dry_run.Shift]:
    """What a waiting proposal would move as things stand now; one that can no longer be approved moves nothing."""
    kind = PolicyKind(payload["policy"])
    try:
        draft = draft_of(session, kind, json.loads(payload["body"]), at=at)
    except InvalidInput:
        return []
    return dry_run.shifts(session, draft, at=at)


def _text(body: Mapping[str, Any]) -> str:
    """A body as the proposal keeps it: the history's own form knows no fractions, and the ladder has some."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, allow_nan=False)


def draft_of(session: Session, kind: PolicyKind, body: Mapping[str, Any], *, at: datetime) -> dry_run.Draft:
    """The body, parsed and checked against the version in force.

    Raises: InvalidInput naming the place in the body that is wrong.
    """
    _SHAPES[kind](body)
    newest = versions(session, kind)[0]
    return _DRAFTS[kind](newest.body, body, at.astimezone(ZONE).date())


def _rules_draft(held: Mapping[str, Any], body: Mapping[str, Any], _today: date) -> dry_run.Draft:
    """A limit nobody knows would never run, one that is gone would be missed by a clock."""
    known = {row["key"] for row in held["rules"]} | set(Clock)
    keys = [row["key"] for row in body["rules"]]
    faults = [(f"rules[{place}].key", f"没有名为{key}的时限") for place, key in enumerate(keys) if key not in known]
    if missing := sorted(known - set(keys)):
        faults.append(("rules", f"缺少时限：{'、'.join(missing)}"))
    if faults:
        raise refused(faults, rule=_RULES[PolicyKind.RULES])
    return dry_run.Draft(rules=DeadlineRules.from_body("草案", body))


def _ladder_draft(_held: Mapping[str, Any], body: Mapping[str, Any], _today: date) -> dry_run.Draft:
    return dry_run.Draft(ladder=Ladder.from_body("草案", body))


def _calendar_draft(held: Mapping[str, Any], body: Mapping[str, Any], today: date) -> dry_run.Draft:
    """Days that have passed stay as they were counted (只能修订今后的日期)."""
    calendar, old = WorkCalendar.from_body("草案", body), WorkCalendar.from_body("现行", held)
    if gone := sorted(old.years - calendar.years):
        raise _broken(PolicyKind.CALENDAR, "years", f"缺少已公布的年份：{'、'.join(map(str, gone))}")
    named = {*old.rest, *old.work, *calendar.rest, *calendar.work}
    past = sorted(day for day in named if day <= today and old.is_working_day(day) != calendar.is_working_day(day))
    if past:
        raise _broken(PolicyKind.CALENDAR, "", f"已过去的日期不能修订：{past[0].isoformat()}等{len(past)}天")
    return dry_run.Draft(calendar=calendar)


_DRAFTS: Mapping[PolicyKind, Callable[[Mapping[str, Any], Mapping[str, Any], date], dry_run.Draft]] = {
    PolicyKind.RULES: _rules_draft, PolicyKind.LADDER: _ladder_draft, PolicyKind.CALENDAR: _calendar_draft,
}  # fmt: skip


def _check(session: Session, payload: Payload, at: datetime) -> None:
    kind = PolicyKind(payload["policy"])
    newest = versions(session, kind)[0]
    if newest.version != payload["follows"]:
        raise GateNotMet(
            f"{_NAMES[kind]}已有第{newest.version}版，本项提议依据的是第{payload['follows']}版。",
            rule="新版本须在现行版本基础上修订", remedy="请撤回后依据现行版本重新提出。",
        )  # fmt: skip
    draft = draft_of(session, kind, json.loads(payload["body"]), at=at)
    if _text(newest.body) == payload["body"] and not dry_run.shifts(session, draft, at=at):
        raise _broken(kind, "", "与现行版本相同，也没有可变动的期限")


def _apply(session: Session, payload: Payload, approval: Approval) -> Payload:
    kind = PolicyKind(payload["policy"])
    body = json.loads(payload["body"])
    draft = draft_of(session, kind, body, at=approval.at)
    version = policies.add_version(session, kind, body, source=payload["source"], at=approval.at)
    digest = hashlib.sha256(payload["body"].encode()).hexdigest()
    facts = {"policy": kind, "version": version, "source": payload["source"], "body_sha256": digest}
    trail.append_office(session, POLICY_CHANGED, by=approval.by, at=approval.at, facts={"after": facts})
    if draft.calendar:
        duties.close_calendar_years(session, draft.calendar.years, by=approval.by, at=approval.at)
    moved = date_moves.move(session, draft, approval, {f"{kind}_version": version})
    return {"policy": kind, "version": version, "moved": moved}


def _describe(_session: Session, payload: Payload) -> str:
    return f"修订{_NAMES[PolicyKind(payload['policy'])]}（第{payload['follows'] + 1}版），依据：{payload['source']}"


def _broken(kind: PolicyKind, place: str, what: str) -> InvalidInput:
    return refused([(place, what)], rule=_RULES[kind])


ACTS = {
    policy: OfficeAct(kind, operation, _check, _apply, _describe, moves_dates=True)
    for policy, kind, operation in (
        (PolicyKind.CALENDAR, ActKind.EDIT_CALENDAR, Operation.EDIT_CALENDAR),
        (PolicyKind.RULES, ActKind.EDIT_RULES, Operation.EDIT_RULES),
        (PolicyKind.LADDER, ActKind.EDIT_LADDER, Operation.EDIT_RULES),
    )
}
