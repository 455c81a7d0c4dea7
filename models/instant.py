"""Whose clock counts: the database's. Only edges ask for it; services are told."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from models.errors import ClockSkewed

MOST_SKEW = timedelta(seconds=60)
_DATABASE_CLOCK = text("SELECT clock_timestamp()")


def instant_of(session: Session, host: datetime) -> datetime:
    """Now, by the clock all hosts share. SQLite lies on the host itself and has no other clock."""
    if session.get_bind().dialect.name != "postgresql":
        return host
    return session.connection().execute(_DATABASE_CLOCK).scalar_one().astimezone(UTC)


def checked(host: datetime, database: datetime) -> datetime:
    """The database's instant, if this host may act on deadlines.

    Raises: ClockSkewed when the two clocks differ by more than a minute.
    """
    if abs(host - database) > MOST_SKEW:
        raise ClockSkewed(
            f"本机时钟与数据库时钟相差{abs(host - database).total_seconds():.0f}秒，超过{MOST_SKEW.total_seconds():.0f}秒，督办巡查已停止。",
            rule="期限和督办以数据库时钟为准", remedy="请校准本机时钟（NTP）；校准后自动恢复。",
        )  # fmt: skip
    return database
