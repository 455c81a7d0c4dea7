"""Instants as people here read them, and how far a due date is away, in working days."""

from datetime import datetime, timedelta
from typing import NamedTuple

from models.calendar import WorkCalendar, days_between
from models.limits import ZONE
from services.watches import SOON
from web.language import Words


class Light(NamedTuple):
    """A due date's state: its colour, its tag, and the same in words; the words carry the meaning."""

    colour: str
    tag: str
    words: str


def local(at: datetime) -> datetime:
    return at.astimezone(ZONE)


def day(at: datetime) -> str:
    return f"{local(at):%Y-%m-%d}"


def moment(at: datetime) -> str:
    return f"{local(at):%Y-%m-%d %H:%M}"


def machine_readable(at: datetime) -> str:
    return local(at).isoformat(timespec="seconds")


def light(due_at: datetime | None, *, now: datetime, calendar: WorkCalendar, say: Words) -> Light:
    """逾期 n 个工作日, 临期 or 正常; within a day it counts hours."""
    if due_at is None:
        return Light("grey", say("无时限"), "")
    if due_at < now:
        return Light("red", say("逾期"), _late(due_at, now, calendar, say))
    left = _working_days(now, due_at, calendar)
    if local(due_at).date() == local(now).date():
        return Light("amber", say("临期"), say("今日 %(time)s 到期", time=f"{local(due_at):%H:%M}"))
    text = say("剩 %(n)s 个工作日", n=left) if left else say("今天之后没有工作日，%(day)s 到期", day=day(due_at))
    return Light("amber", say("临期"), text) if left <= SOON else Light("green", say("正常"), text)


def _late(due_at: datetime, now: datetime, calendar: WorkCalendar, say: Words) -> str:
    days = _working_days(due_at, now, calendar)
    if days:
        return say("逾期 %(n)s 个工作日", n=days)
    hours = (now - due_at) // timedelta(hours=1)
    return say("逾期 %(n)s 小时", n=hours) if hours else say("刚刚逾期")


def _working_days(first: datetime, last: datetime, calendar: WorkCalendar) -> int:
    """Working days after the day of `first`, up to that of `last`."""
    span = days_between(local(first).date() + timedelta(days=1), local(last).date())
    return sum(calendar.is_working_day(one) for one in span)
