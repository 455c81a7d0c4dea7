"""Common phrases under a text input: listed when its person asks for them, the one chosen added to what stands there."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from models.decisions import DecisionCode
from models.phrase import Writing
from services import phrases
from web.desk import Here

_PHRASES, _PHRASE = "phrases:", "phrase:"
STEPS = (_PHRASES, _PHRASE)
"""What the buttons of an offer send, each followed by the name of its input."""


class Offer(NamedTuple):
    """The input whose phrases are shown, and these; or the input to go on with, and what now stands in it."""

    shown: tuple[str, Sequence[str]] = ("", ())
    focus: str = ""
    text: str = ""


NO_OFFER = Offer()


def offer(visit: Here, step: str, what: DecisionCode | Writing, *, typed: Mapping[str, str]) -> Offer:
    """What the button pressed asks for. `typed`: what stands in the inputs."""
    name, _, words = step.partition(":")[2].partition(":")
    if step.startswith(_PHRASES):
        with visit.looking() as session:
            return Offer((name, phrases.offered(session, what, by=visit.by)))
    before = typed.get(name, "").rstrip()
    return Offer(focus=name, text=f"{before}\n{words}" if before else words)
