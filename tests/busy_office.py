"""An office in the middle of its work: hazards at every step, some of them late, and something in every list."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlmodel import Session

from databases import Databases, opened
from models.engine import writing
from models.incident import IncidentKind
from models.tables import HAZARD
from services import drafts, incidents, keys, phrases, sealing
from settings import Settings
from story import Story
from town import Town

STEPS = ("CLASSIFY", "ASSIGN", "PLAN", "PLAN_REVIEW", "WORK", "JUDGE", "GATE", "CLOSED")


@contextmanager
def office_at_work(databases: Databases, folder: Path) -> Iterator[Story]:
    """The office on a database of its own, whose channels may send to this host."""
    held = Settings(data_dir=folder, private_webhooks="127.0.0.1")  # pyright: ignore[reportCallIssue]  # the other fields have defaults
    settled = databases.town
    with opened(databases, with_town=True) as engine:
        town = Town(dict(settled.units), settled.enterprise, dict(settled.persons), dict(settled.actors))
        yield Story(engine, town, held)


def make_busy(story: Story) -> None:
    """Hazards at every step, late enough for letters that wait for an answer, and something in every list of the administration."""
    no = story.report().no
    for step in STEPS:
        story.report().carry_to(step)
    story.later(days=10)
    story.sweep()
    with writing(story.engine) as session, session.begin():
        sealing.seal(session, keys.signing_key(story.office.settings.key_dir), at=story.at)
        incidents.report(session, IncidentKind.NOBODY_TO_TELL, "经发办/部门负责人", "该岗位无人担任。", at=story.at)
        leave_unfinished(session, story.town, no, at=story.at)
    story.go_to(story.at)


def leave_unfinished(session: Session, town: Town, no: str, *, at: datetime) -> None:
    """The clerk has a draft of a decision and of a report, and keeps phrases."""
    clerk = town.actors["clerk"]
    about = session.execute(select(HAZARD.c.id).where(HAZARD.c.no == no)).scalar_one()
    for place in (drafts.Place(about, "acceptance"), drafts.TO_REPORT):
        drafts.keep(session, place, {"comment": ["写了一半"]}, version=1, by=clerk, at=at)
    phrases.keep_own(session, "请先断电挂牌。", decision="ACCEPT", by=clerk, at=at)
    phrases.share(session, "请先断电挂牌。", decision="", by=clerk, at=at)
