"""What a form's fields may be chosen from: units, leaders, clauses in force, open sub-actions."""

from collections.abc import Callable, Mapping

from pydantic import BaseModel
from sqlalchemy import select
from sqlmodel import Session, col

from models import Unit
from models.hazard import Hazard
from models.limits import ZONE
from models.organization import UnitKind
from models.permissions import Role
from services import open_decisions, organization, standards
from web.fields import Options

_SHOWN = 24
"""So many characters of a clause are shown to choose by."""
_DEPARTMENTS = frozenset({UnitKind.DEPARTMENT, UnitKind.COMMITTEE})
_ANY = frozenset({UnitKind.DEPARTMENT, UnitKind.VILLAGE, UnitKind.COMMITTEE})
_UNITS = {
    "against": _ANY, "verifying_unit": _DEPARTMENTS, "lead_unit": _DEPARTMENTS, "supervising_unit": _DEPARTMENTS, "cooperating_units": _ANY, "rectifying_unit": _ANY,
    "village": frozenset({UnitKind.VILLAGE}),
}  # fmt: skip


def choices_for(session: Session, form: type[BaseModel], hazard: Hazard | None, *, on: str = "") -> dict[str, Options]:
    """Of the fields this form has. `on`: the day the hazard was found, where there is no hazard yet."""
    found: dict[str, Options] = {}
    for name in form.model_fields:
        if name in _UNITS:
            found[name] = _units(session, _UNITS[name])
        elif make := _OTHERS.get(name):
            found[name] = make(session, hazard, on)
    return found


def reporting_units(session: Session) -> Options:
    """Units of the town that may be asked to report."""
    return _units(session, _ANY)


def _units(session: Session, kinds: frozenset[UnitKind]) -> Options:
    rows = session.execute(
        select(col(Unit.code), col(Unit.name)).where(col(Unit.kind).in_(sorted(kinds))).order_by(col(Unit.code))
    )
    return [(row.code, row.name) for row in rows]


def _leaders(session: Session, _hazard: Hazard | None, _on: str) -> Options:
    return list({row.id: (row.id, row.name) for row in organization.people(session, role=Role.TL)}.values())


def _clauses(session: Session, hazard: Hazard | None, on: str) -> Options:
    """Those of the hazard's own trade first."""
    day = hazard.discovered_at.astimezone(ZONE).date().isoformat() if hazard else on
    trade = hazard.sector.partition("/")[0] if hazard else ""
    rows = sorted(standards.in_force(session, on=day), key=lambda row: (not row.sector.startswith(trade), row.code))
    return list({row.code: (row.code, f"{row.code} {row.text[:_SHOWN]}") for row in rows}.values())


def _actions(session: Session, hazard: Hazard | None, _on: str) -> Options:
    return list(open_decisions.open_actions(session, hazard)) if hazard else []


_OTHERS: Mapping[str, Callable[[Session, Hazard | None, str], Options]] = {
    "leader": _leaders, "clause": _clauses, "suspected_clause": _clauses, "action": _actions,
}  # fmt: skip
NAMED = frozenset({*_UNITS, *_OTHERS})
"""Fields in which one chooses a name, and not its code."""
