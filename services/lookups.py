"""Find what a form names by its external code, or say plainly that it does not exist."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from models import Enterprise, Person, RoleGrant, StandardClause, Unit
from models.errors import InvalidInput
from models.organization import UnitKind
from models.permissions import Role
from models.tables import TABLES
from services import standards

_UNIT = select(TABLES["unit"]).where(TABLES["unit"].c.code == bindparam("wanted"))


def unit_by_code(session: Session, code: str, *, field: str, kinds: frozenset[UnitKind]) -> Unit:
    unit = session.execute(_UNIT, {"wanted": code}).one_or_none()
    if unit is None or unit.kind not in kinds:
        raise missing(field, f"单位代码“{code}”不存在或类别不符。", "可用代码见 GET /api/v1/units。")
    return cast(Unit, unit)


def units_named(session: Session, unit_ids: Iterable[str]) -> Sequence[Any]:
    """Id and name of these units, by their code."""
    wanted = select(col(Unit.id), col(Unit.name)).where(col(Unit.id).in_(sorted(unit_ids)))
    return session.execute(wanted.order_by(col(Unit.code))).all()


def enterprise_by_credit_code(session: Session, credit_code: str, *, field: str = "enterprise") -> Enterprise:
    found = session.execute(select(Enterprise).where(col(Enterprise.credit_code) == credit_code)).scalar_one_or_none()
    if found is None:
        raise missing(field, f"统一社会信用代码“{credit_code}”没有登记。", "请先登记企业（POST /api/v1/enterprises）。")
    return found


def leader(session: Session, person_id: str, *, field: str = "leader") -> Person:
    """A person who leads the town; a hazard's responsible leader is one of them."""
    leads = select(col(RoleGrant.person_id)).where(col(RoleGrant.role) == Role.TL)
    person = session.execute(
        select(Person).where(col(Person.id) == person_id, col(Person.id).in_(leads))
    ).scalar_one_or_none()
    if person is None:
        raise missing(field, "包案领导须是镇领导。", "可选人员见 GET /api/v1/people?role=TL。")
    return person


def clause_in_force(session: Session, code: str, on: str, *, field: str = "clause") -> StandardClause:
    """The clause of the edition in force on the discovery date (ISO, local), not on the day of the check.

    Source: 重大事故隐患判定标准 apply as they stood when the hazard was found (domain appendix E, scenario 15).
    Raises: InvalidInput.
    """
    statement = select(StandardClause).where(col(StandardClause.code) == code, *standards.on_day(on))
    rows = session.execute(statement).scalars()
    found = max(rows, key=lambda row: row.effective_on or "", default=None)
    if found is None:
        raise missing(
            field,
            f"{on}没有有效的判定条款“{code}”。",
            "请选用发现当日有效的条款（GET /api/v1/standards?on=发现日期）。",
        )
    return found


def names_of(session: Session, person_ids: Iterable[str]) -> dict[str, str]:
    """The names of these persons, by id."""
    rows = session.execute(select(col(Person.id), col(Person.name)).where(col(Person.id).in_(sorted(person_ids))))
    return {row.id: row.name for row in rows}


def missing(field: str, detail: str, remedy: str) -> InvalidInput:
    extra: dict[str, Any] = {"errors": [{"field": field, "message": detail}]}
    return InvalidInput(detail, rule="所填内容须已登记", remedy=remedy, extra=extra)
