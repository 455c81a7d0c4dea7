"""Decisions as things to do: what each takes, and what is still missing for it."""

from collections.abc import Sequence
from typing import NamedTuple

from models.decisions import DecisionCode
from models.forms import FORMS
from models.hazard import Hazard
from models.process import Move
from services import missing
from services.missing import Lack
from web.choices import NAMED
from web.fields import fields_of

_ANY = (("", ""),)


class Task(NamedTuple):
    """One decision open to this person: what it takes, and what is still missing."""

    move: Move
    needs: Sequence[str]
    missing: Sequence[Lack]


def tasks(hazard: Hazard, moves: Sequence[Move], *, is_late: bool) -> list[Task]:
    """`is_late`: as in `missing.missing_for`."""
    return [
        Task(move, _needs(move.decision), missing.missing_for(hazard, move.decision, is_late=is_late)) for move in moves
    ]


def _needs(decision: DecisionCode) -> list[str]:
    """What the form cannot do without, by its own titles."""
    form = FORMS[decision]
    chosen = {name: _ANY for name in form.model_fields if name in NAMED}
    return [field.title for field in fields_of(form, chosen) if field.required]
