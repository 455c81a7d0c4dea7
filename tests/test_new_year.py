"""The year changes: numbers begin anew, and hazards of the old year go by the new year's calendar once it is known."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlmodel import Session

from administering import approve, browsers
from handling import live_clocks, local_day, settle, take
from histories import A_DAY
from models.calendar import WorkCalendar, chinese_calendar_body
from models.hazard import Hazard
from models.permissions import Role
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Clock, Step
from models.standard import PolicyKind
from models.tables import AUDIT_EVENT, LETTER, WORK_ITEM
from services import clocks, dry_run, duties, letters, policies, upkeep
from services.dry_run import Draft
from settings import Settings
from story import Story
from town import Town, carry_to, photo, report

MIDNIGHT = datetime(2026, 12, 31, 16, tzinfo=UTC)
"""The new year begins in 临江镇."""
TICK = timedelta(microseconds=1)
IN_DECEMBER = datetime(2026, 12, 7, 4, tzinfo=UTC)
BEFORE_THE_FESTIVAL = datetime(2027, 2, 4, 2, tzinfo=UTC)
"""A Thursday; the festival as this test has it begins on Saturday."""


def with_2027() -> dict[str, Any]:
    """The calendar in force with a year that its notice has published meanwhile."""
    body = chinese_calendar_body()
    festival = {f"2027-02-{day:02}": "春节" for day in range(8, 13)}
    return body | {"years": [*body["years"], 2027], "rest": body["rest"] | {"2027-01-01": "元旦"} | festival}


def publish(session: Session, *, at: datetime) -> int:
    return policies.add_version(session, PolicyKind.CALENDAR, with_2027(), source="国办发明电〔2026〕9号", at=at)


@pytest.fixture
def hazard(session: Session, town: Town) -> Hazard:
    """Assigned in December 2026; its plan is due, and it is to be rectified within 30 days."""
    return carry_to(session, town, Step.PLAN, at=IN_DECEMBER)


def test_hazards_and_letters_are_numbered_anew_at_midnight(session: Session, town: Town):
    last, first, second = (report(session, town, at=at) for at in (MIDNIGHT - TICK, MIDNIGHT, MIDNIGHT + A_DAY))
    for number, at in enumerate((MIDNIGHT - TICK, MIDNIGHT)):
        letters.draft(session, last, origin=f"{number}", kind="督办函", title="督办", body="", at=at)

    assert [one.no for one in (last, first, second)] == ["ZY-2026-0001", "ZY-2027-0001", "ZY-2027-0002"]
    numbers = session.execute(select(LETTER.c.number).order_by(LETTER.c.origin)).scalars().all()
    assert numbers == ["临安办督〔2026〕1号", "临安办督〔2027〕1号"]


def test_a_clock_that_starts_once_the_year_is_published_goes_by_it(session: Session, town: Town, hazard: Hazard):
    """F-4, F-5, F-6: what runs already stays as it was computed."""
    before = live_clocks(session, hazard)[Clock.RECTIFICATION]
    version = publish(session, at=MIDNIGHT)

    hazard = take(session, town, hazard, D.SUBMIT_PLAN, "principal", at=BEFORE_THE_FESTIVAL)

    now = live_clocks(session, hazard)
    assert now[Clock.RECTIFICATION] == before
    assert (before.provisional, before.calendar_version) == (True, hazard.calendar_version)
    review = now[Clock.PLAN_REVIEW]
    assert (local_day(review.due_at), review.provisional, review.calendar_version) == ("2027-02-16", False, version)
    body = select(AUDIT_EVENT.c.body).where(AUDIT_EVENT.c.type == D.SUBMIT_PLAN)
    assert json.loads(session.execute(body).scalar_one())["rule"]["calendar"] == version


def test_until_the_year_is_published_its_dates_are_provisional(session: Session, town: Town, hazard: Hazard):
    """F-4."""
    hazard = take(session, town, hazard, D.SUBMIT_PLAN, "principal", at=BEFORE_THE_FESTIVAL)

    review = live_clocks(session, hazard)[Clock.PLAN_REVIEW]
    assert (local_day(review.due_at), review.provisional) == ("2027-02-09", True)


def test_a_revision_within_the_year_leaves_a_hazards_clocks_under_its_own_calendar(session: Session, town: Town):
    """F-5: only a year that was missing is taken from a newer version."""
    hazard = carry_to(session, town, Step.PLAN, at=IN_DECEMBER - 30 * A_DAY)
    revised = chinese_calendar_body() | {"source": "修订"}
    policies.add_version(session, PolicyKind.CALENDAR, revised, source="修订", at=IN_DECEMBER)

    hazard = take(session, town, hazard, D.SUBMIT_PLAN, "principal", at=IN_DECEMBER)

    assert live_clocks(session, hazard)[Clock.PLAN_REVIEW].calendar_version == hazard.calendar_version


def test_an_extension_into_the_new_year_is_settled_once_it_is_published(session: Session, town: Town, hazard: Hazard):
    version = publish(session, at=IN_DECEMBER)
    form = {"new_limit_on": "2027-02-26", "late_reason": "设备到货推迟", "evidence": [photo(session, town.principal)]}

    hazard = settle(session, town, hazard, K.EXTENSION, "principal", "head", at=IN_DECEMBER + 2 * A_DAY, **form)

    limit = live_clocks(session, hazard)[Clock.RECTIFICATION]
    assert (local_day(limit.due_at), limit.provisional, limit.calendar_version) == ("2027-02-26", False, version)
    found = clocks.recomputed(limit._mapping, policies.calendar(session, limit.calendar_version))
    assert (found.due_at, found.reason) == (limit.due_at, limit.reason)


def test_the_dry_run_lists_the_dates_a_published_year_settles(session: Session, hazard: Hazard):
    """F-5: those that stay the same day as well, or they would be called provisional for ever."""
    limit = live_clocks(session, hazard)[Clock.RECTIFICATION]

    found = dry_run.shifts(session, Draft(calendar=WorkCalendar.from_body("草案", with_2027())), at=IN_DECEMBER)

    [shift] = found
    assert (shift.deadline_id, shift.due_at, shift.would_be_due_at) == (limit.id, limit.due_at, limit.due_at)
    assert (limit.provisional, shift.columns["provisional"]) == (True, False)


def test_every_missing_year_is_asked_for_of_who_may_enter_it(session: Session, town: Town, hazard: Hazard):
    """F-4: and of the administrator."""
    settle(
        session, town, hazard, K.LONG_LIMIT, "clerk", "leader", at=IN_DECEMBER + A_DAY, new_limit_on=date(2028, 3, 1)
    )

    asked = [upkeep.ask_for_calendar(session, at=IN_DECEMBER + day * A_DAY) for day in (1, 2)]

    tasks = session.execute(select(WORK_ITEM).where(WORK_ITEM.c.kind == duties.CALENDAR_YEAR)).all()
    assert asked == [2, 0]
    assert {task.origin for task in tasks} == {"calendar-2027", "calendar-2028"}
    assert {role for task in tasks for role in task.roles.split()} == {Role.AD, Role.SC}


def test_the_task_leads_to_the_calendar_and_is_done_when_the_year_is_in_force(
    session: Session, town: Town, engine: Engine, app_settings: Settings
):
    story = Story(engine, town, app_settings)
    carry_to(session, town, Step.PLAN, at=IN_DECEMBER)
    upkeep.ask_for_calendar(session, at=IN_DECEMBER)
    session.commit()
    story.go_to(IN_DECEMBER)
    people = browsers(story)
    for who in ("clerk", "admin"):
        assert "/admin/calendar" in people[who].open("/inbox").hrefs
    path = "/admin/calendar/revision/2027"
    people["clerk"].open(path)
    people["clerk"].send(path, rest="2027-01-01 元旦\n2027-02-08 至 2027-02-12 春节", source="国办发明电〔2026〕9号")

    approve(people["second_clerk"], people["clerk"].send(f"{path}/taken"))

    for who in ("clerk", "admin"):
        assert not people[who].open("/inbox").sees("导入工作日历年度")
    assert upkeep.ask_for_calendar(session, at=IN_DECEMBER + A_DAY) == 0
