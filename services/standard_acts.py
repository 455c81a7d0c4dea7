"""A new edition of judgement standards 判定标准: clauses come in, older ones end on a day; no clause's meaning is changed.

Source: 判定标准 apply as in force on the day of discovery, so an edition is added beside the old one, never over it.
"""

from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import or_, select, update
from sqlmodel import Session, col

from models import StandardClause
from models.body_faults import refusal
from models.edition import EditionBody
from models.errors import InvalidInput
from models.limits import ZONE
from models.operations import Operation
from models.proposal import ActKind
from services import trail
from services.acts import Approval, OfficeAct, Payload

STANDARDS_CHANGED = "STANDARDS_CHANGED"
_RULE = "判定标准只增加新版本，不改动已有条款"


def _check(session: Session, payload: Payload, at: datetime) -> None:
    """Raises: InvalidInput (no edition, a clause twice, known already, nothing in force to end, a day that has passed)."""
    try:
        EditionBody.model_validate(payload)
    except ValidationError as wrong:
        raise refusal(wrong, rule=_RULE, field="edition") from None
    today = at.astimezone(ZONE).date().isoformat()
    if payload["effective_on"] <= today and payload["repeals"]:
        raise _broken("effective_on", "废止旧条款的，生效日期须在今天之后")
    codes = [row["code"] for row in payload["clauses"]]
    known = select(col(StandardClause.code)).where(
        col(StandardClause.code).in_(codes), col(StandardClause.doc_no) == payload["doc_no"]
    )
    if found := session.execute(known).scalars().first():
        raise _broken("clauses", f"{payload['doc_no']} 的条款 {found} 已存在")
    unknown = sorted(set(payload["repeals"]) - {row.code for row in _ended_by(session, payload)})
    if unknown:
        raise _broken("repeals", f"没有现行条款：{'、'.join(unknown)}")


def _ended_by(session: Session, payload: Payload) -> list[StandardClause]:
    code, until = col(StandardClause.code), col(StandardClause.repealed_on)
    older = select(StandardClause).where(
        code.in_(payload["repeals"]), col(StandardClause.doc_no) != payload["doc_no"],
        or_(until.is_(None), until > payload["effective_on"]),
    )  # fmt: skip
    return list(session.execute(older).scalars())


def _apply(session: Session, payload: Payload, approval: Approval) -> Payload:
    ended = [row.id for row in _ended_by(session, payload)]
    ends = update(StandardClause).where(col(StandardClause.id).in_(ended))
    session.execute(ends.values(repealed_on=payload["effective_on"]))
    session.add_all(_clause(payload, row) for row in payload["clauses"])
    session.flush()
    facts: dict[str, Any] = {"doc_no": payload["doc_no"], "effective_on": payload["effective_on"], "ended": ended,
                             "added": [row["code"] for row in payload["clauses"]]}  # fmt: skip
    trail.append_office(session, STANDARDS_CHANGED, by=approval.by, at=approval.at, facts={"after": facts})
    return {"added": len(payload["clauses"]), "ended": len(ended)}


def _clause(payload: Payload, row: Payload) -> StandardClause:
    return StandardClause(
        code=row["code"], sector=row["sector"], title=payload["title"], doc_no=payload["doc_no"],
        effective_on=payload["effective_on"], text=row["text"], verified=row["verified"], note=payload["source"],
    )  # fmt: skip


def _describe(_session: Session, payload: Payload) -> str:
    ended = f"，废止{len(payload['repeals'])}条旧条款" if payload["repeals"] else ""
    return f"增加《{payload['title']}》（{payload['doc_no']}）{len(payload['clauses'])}条，{payload['effective_on']}起适用{ended}"


def _broken(field: str, what: str) -> InvalidInput:
    return InvalidInput(
        f"{what}。", rule=_RULE, remedy="请核对后重新提出。",
        extra={"errors": [{"field": field, "message": what}]},
    )  # fmt: skip


ACT = OfficeAct(ActKind.EDIT_STANDARDS, Operation.EDIT_STANDARDS, _check, _apply, _describe)
