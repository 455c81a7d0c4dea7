"""Quiet hours 静默时段: when a person is not to be disturbed, and when they may be again. Pure."""

from datetime import datetime, time, timedelta
from typing import NamedTuple

from models.limits import ZONE


class QuietHours(NamedTuple):
    """Local times; over midnight when the end comes before the start; none when both are the same."""

    start: time
    end: time

    @classmethod
    def of(cls, start: str, end: str) -> "QuietHours":
        """From `HH:MM`. Raises: ValueError."""
        return cls(time.fromisoformat(start), time.fromisoformat(end))

    def covers(self, moment: datetime) -> bool:
        """The start is quiet, the end is not."""
        there = moment.astimezone(ZONE).time()
        if self.start <= self.end:
            return self.start <= there < self.end
        return there >= self.start or there < self.end

    def over(self, moment: datetime) -> datetime:
        """`moment`, or the end of the quiet hours it lies in."""
        if not self.covers(moment):
            return moment
        there = moment.astimezone(ZONE)
        end = datetime.combine(there.date(), self.end, ZONE)
        return (end if end > there else end + timedelta(days=1)).astimezone(moment.tzinfo)
