"""Correct what was registered 更正: words only, with the reason; what they were stays in the history and no date moves."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.actor import Actor
from models.errors import InvalidInput
from models.forms.intake import Correction
from models.hazard import Hazard
from models.process import DecisionCode
from services.moves import Taken, take


def correct_entry(session: Session, hazard: Hazard, form: Correction, *, by: Actor, at: datetime) -> Taken:
    """Correct description, place or sector of a hazard (更正登记内容).

    Raises: InvalidInput when it says what is registered already.
    """
    wanted = {"description": form.description, "place": form.place, "sector": form.sector}
    changes: dict[str, Any] = {
        name: words for name, words in wanted.items() if words and words != getattr(hazard, name)
    }
    if not changes:
        raise InvalidInput(
            "更正内容与登记内容相同。", rule="更正须写明与原登记不同的内容", remedy="请只填写需要更正的项目。",
            extra={"errors": [{"field": "description", "message": "与登记内容相同"}]},
        )  # fmt: skip
    return take(session, hazard, DecisionCode.CORRECT, form, by=by, at=at, **changes)
