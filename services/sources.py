"""Find a report 来源: for an officer who may see its hazard, or for whoever holds its query code."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import select
from sqlmodel import Session

from models.actor import Actor
from models.errors import NotFound
from models.hazard import Hazard
from models.operations import Operation
from models.tables import HAZARD, HAZARD_SOURCE
from services import access, codes


def source_for(session: Session, source_id: str, operation: Operation, *, by: Actor) -> tuple[Any, Hazard]:
    """A report and the hazard that carries it, if this actor reaches that hazard with this operation.

    Raises: NotPermitted, NotFound.
    """
    hazard = access.hazard_for(session, _no_of(session, source_id, operation, by), operation, by=by)
    return of_id(session, source_id), hazard


def lock_source_for(session: Session, source_id: str, operation: Operation, *, by: Actor) -> tuple[Any, Hazard]:
    """`source_for` for who answers it, holding its hazard; a report that was merged meanwhile is found where it is now.

    Raises: NotPermitted, NotFound.
    """
    hazard = access.lock_hazard_for(session, _no_of(session, source_id, operation, by), operation, by=by)
    source = of_id(session, source_id)
    return (source, hazard) if source.hazard_id == hazard.id else lock_source_for(session, source_id, operation, by=by)


def _no_of(session: Session, source_id: str, operation: Operation, by: Actor) -> str:
    access.require(by, operation)
    statement = (
        select(HAZARD.c.no)
        .join(HAZARD_SOURCE, HAZARD_SOURCE.c.hazard_id == HAZARD.c.id)
        .where(HAZARD_SOURCE.c.id == source_id)
    )
    no = session.execute(statement).scalar_one_or_none()
    if no is None:
        raise NotFound(f"没有找到举报 {source_id}，或您无权查看。", remedy="请从隐患的来源清单中打开。")
    return no


def of_id(session: Session, source_id: str) -> Any:
    return session.execute(select(HAZARD_SOURCE).where(HAZARD_SOURCE.c.id == source_id)).one()


def of_hazard(session: Session, hazard: Hazard) -> Sequence[Any]:
    """Every report of a hazard, oldest first."""
    mine = select(HAZARD_SOURCE).where(HAZARD_SOURCE.c.hazard_id == hazard.id)
    return session.execute(mine.order_by(HAZARD_SOURCE.c.reported_at, HAZARD_SOURCE.c.id)).all()


def own_reports(session: Session, hazard: Hazard, *, by: Actor) -> Sequence[Any]:
    """What this person reported under this number, with its answer, wherever it was merged since."""
    mine = (HAZARD_SOURCE.c.original_hazard_id == hazard.id, HAZARD_SOURCE.c.reported_by == by.person_id)
    return session.execute(select(HAZARD_SOURCE).where(*mine).order_by(HAZARD_SOURCE.c.reported_at)).all()


def of_code(session: Session, code: str) -> Any:
    """The report of a query code, found by the code's hash.

    Raises: NotFound, the same words whatever is wrong with the code.
    """
    wanted = HAZARD_SOURCE.c.query_code_hash == codes.hash_of(code)
    row = session.execute(select(HAZARD_SOURCE).where(wanted)).one_or_none()
    if row is None:
        raise unknown_code()
    return row


def known_code(session: Session, code: str) -> bool:
    wanted = HAZARD_SOURCE.c.query_code_hash == codes.hash_of(code)
    return session.execute(select(HAZARD_SOURCE.c.id).where(wanted)).first() is not None


def unknown_code() -> NotFound:
    """The same words whatever is wrong with a code."""
    return NotFound(
        "查询码不正确。", rule="查询码在举报成功时显示一次", remedy="请核对查询码；遗失的不能找回，可以重新举报。"
    )


def carrier(session: Session, source: Any) -> Hazard:
    """The hazard that carries this report now."""
    return cast(Hazard, session.execute(select(HAZARD).where(HAZARD.c.id == source.hazard_id)).one())
