"""Changing the words of a notice as an act of the office."""

from datetime import datetime

from sqlmodel import Session

from models.errors import GateNotMet
from models.operations import Operation
from models.proposal import ActKind
from notifications import own_words
from notifications.wording import Words
from services import trail
from services.acts import Approval, OfficeAct, Payload


def payload_of(session: Session, topic: str, words: Words) -> Payload:
    return {"topic": topic, **words._asdict(), "follows": own_words.version_of(session, topic)}


def _check(session: Session, payload: Payload, _at: datetime) -> None:
    if own_words.version_of(session, payload["topic"]) != payload["follows"]:
        raise GateNotMet(
            "该类通知的模板已由他人修改。", rule="修改须在现行模板基础上进行", remedy="请撤回后依据现行模板重新提出。"
        )
    own_words.check(payload["topic"], _words(payload))


def _apply(session: Session, payload: Payload, approval: Approval) -> Payload:
    version = own_words.keep(session, payload["topic"], _words(payload), at=approval.at)
    facts = {"topic": payload["topic"], "version": version, **_words(payload)._asdict()}
    trail.append_office(session, "TEMPLATE_CHANGED", by=approval.by, at=approval.at, facts={"after": facts})
    return {"topic": payload["topic"], "version": version}


def _words(payload: Payload) -> Words:
    return Words(payload["subject"], payload["body"])


def _describe(_session: Session, payload: Payload) -> str:
    return f"修改通知模板“{payload['topic']}”" if payload["body"] else f"恢复通知模板“{payload['topic']}”的出厂文字"


ACT = OfficeAct(ActKind.EDIT_TEMPLATE, Operation.EDIT_TEMPLATES, _check, _apply, _describe)
