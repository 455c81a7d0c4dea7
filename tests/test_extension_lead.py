"""An extension is asked for with lead: 20 working days before a long limit, of a short one 3 and a fifth of it."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from handling import live_clocks, take
from models.errors import GateNotMet
from models.hazard import Hazard
from models.limits import ZONE
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Clock, Step
from services import missing
from town import Town, carry_to, decide, fetch, form_for, photo

TICK = timedelta(microseconds=1)


def limited_to(session: Session, town: Town, days: int) -> Hazard:
    """A hazard in rectification whose limit is so many days."""
    hazard = carry_to(session, town, Step.ASSIGN)
    at = hazard.changed_at + timedelta(hours=1)
    form = form_for(session, town, D.ASSIGN, at).model_copy(update={"limit_days": days})
    hazard = decide(session, town, hazard, D.ASSIGN, "clerk", at=at, form=form)
    return decide(session, town, hazard, D.SIGN, "officer", at=at + timedelta(hours=1))


def ask(session: Session, town: Town, hazard: Hazard, kind: K, *, at: datetime, on: str = "2026-11-27") -> Hazard:
    evidence = [photo(session, town.principal)]
    return take(session, town, hazard, kind.ask, "principal", at=at, new_limit_on=on, evidence=evidence)


@pytest.mark.parametrize(
    ("days", "latest", "rule"),
    [
        (60, "2026-10-10 23:59", "extension_lead"), (50, "2026-10-17 23:11", "short_extension_lead"),
        (30, "2026-09-28 23:59", "short_extension_lead"),
        (7, "2026-09-09 23:59", "short_extension_lead"),
    ],
)  # fmt: skip
def test_it_is_asked_for_by_the_last_moment_the_rule_leaves_and_not_later(
    session: Session, town: Town, days: int, latest: str, rule: str
):
    hazard = limited_to(session, town, days)
    until = datetime.strptime(latest, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)

    with pytest.raises(GateNotMet, match=latest) as refused:
        ask(session, town, hazard, K.EXTENSION, at=until + timedelta(minutes=1))

    assert rule in refused.value.rule
    assert refused.value.remedy
    ask(session, town, hazard, K.EXTENSION, at=until)


def test_what_was_asked_in_time_is_granted_up_to_the_limit(session: Session, town: Town):
    hazard = limited_to(session, town, 60)
    due_at = live_clocks(session, hazard)[Clock.RECTIFICATION].due_at
    hazard = ask(session, town, hazard, K.EXTENSION, at=due_at - timedelta(days=35))

    hazard = take(session, town, hazard, K.EXTENSION.grant, "head", at=due_at)

    assert hazard.extensions == 1


def test_the_second_one_is_asked_for_with_the_lead_of_the_limit_that_runs(session: Session, town: Town):
    hazard = limited_to(session, town, 60)
    at = live_clocks(session, hazard)[Clock.RECTIFICATION].due_at - timedelta(days=35)
    ask(session, town, hazard, K.EXTENSION, at=at, on="2026-11-20")
    hazard = take(session, town, fetch(session, hazard), K.EXTENSION.grant, "head", at=at)

    with pytest.raises(GateNotMet, match="过迟"):
        ask(session, town, hazard, K.LAST_EXTENSION, at=datetime(2026, 10, 26, 12, tzinfo=ZONE))

    ask(session, town, hazard, K.LAST_EXTENSION, at=datetime(2026, 10, 22, 12, tzinfo=ZONE))


def test_the_page_says_so_before_anybody_fills_in_the_form(session: Session, town: Town):
    hazard = limited_to(session, town, 60)
    due_at = live_clocks(session, hazard)[Clock.RECTIFICATION].due_at

    early, late, over = (
        missing.missing_for(session, hazard, K.EXTENSION.ask, at=due_at - left)
        for left in (timedelta(days=40), timedelta(days=10), -TICK)
    )

    assert early == []
    assert "过迟" in late[0]
    assert "已过" in over[0]
