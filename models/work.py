"""Work items 待办, deadlines 时限, escalations 督办 and the letters they carry."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id

_OPEN = text("closed_at IS NULL")
_RUNG_LEFT = text("next_rung_at IS NOT NULL")
_TOLD_AGAIN = text("repeat_at IS NOT NULL")
_OPEN_OFFICE = text("closed_at IS NULL AND coalesce(unit_id, enterprise_id) IS NULL")
_OPEN_ANSWER = text("closed_at IS NULL AND kind = 'answer_letter'")
_OPEN_MOVE = text("closed_at IS NULL AND is_move")


class WorkItem(SQLModel, table=True):
    """待办: something that waits for a unit's people or for one enterprise.

    An open hazard has exactly one open item that moves it (`is_move`), beside any number of duties.
    """

    __tablename__ = "work_item"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor
    __table_args__ = (
        Index("uq_work_item_one_move", "hazard_id", unique=True, sqlite_where=_OPEN_MOVE, postgresql_where=_OPEN_MOVE),
        Index("uq_work_item_origin", "origin", "kind", unique=True),
        Index("ix_work_item_unit_due", "unit_id", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(
            "ix_work_item_office_due", "due_at", "id", "roles", sqlite_where=_OPEN_OFFICE, postgresql_where=_OPEN_OFFICE
        ),
        Index("ix_work_item_assignee_due", "assignee_id", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(
            "ix_work_item_enterprise_due", "enterprise_id", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN
        ),
        Index("ix_work_item_answer", "hazard_id", sqlite_where=_OPEN_ANSWER, postgresql_where=_OPEN_ANSWER),
        Index("ix_work_item_hazard", "hazard_id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    hazard_id: str | None = Field(default=None, foreign_key="hazard.id")
    """None for a task of the office itself, e.g. a calendar year to import."""
    kind: str
    """The step it waits for, or the duty."""
    is_move: bool
    origin: str
    """What opened it (decision, escalation); with `kind` it opens once however often its cause is replayed."""
    roles: str
    """The roles that see it in their inbox, separated by blanks."""
    unit_id: str | None = Field(default=None, foreign_key="unit.id")
    enterprise_id: str | None = Field(default=None, foreign_key="enterprise.id")
    assignee_id: str | None = Field(default=None, foreign_key="person.id")
    """Who claimed it."""
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_by: str | None = None


class Deadline(SQLModel, table=True):
    """时限, frozen with everything it was computed from; a change makes a new row that supersedes this one."""

    __table_args__ = (
        Index(
            "uq_deadline_live_clock",
            "hazard_id",
            "clock",
            "subject",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_deadline_running", "clock", "due_at", "hazard_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_deadline_next_rung", "next_rung_at", "id", sqlite_where=_RUNG_LEFT, postgresql_where=_RUNG_LEFT),
        Index("ix_deadline_hazard", "hazard_id"),
        Index("ix_deadline_due", "due_at", "id"),
        CheckConstraint("outcome IS NULL OR closed_at IS NOT NULL", name="outcome_when_closed"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    hazard_id: str = Field(foreign_key="hazard.id")
    cycle: int
    clock: str
    subject: str = ""
    """What the clock runs for where several of a kind may run at once: a sub-action, a request, a report to answer."""
    against: str
    """Whose lateness it is: unit (the rectifying enterprise), department, committee, approver."""
    unit_id: str | None = None
    """The department whose lateness it is; None for the enterprise's and the committee's own clocks."""
    start_at: datetime = Field(sa_type=UtcDateTime)
    number: int
    unit_of_time: str
    on_day: str | None = None
    """The named last day (ISO date); then `number` and `unit_of_time` do not count."""
    pauses: str = "[]"
    """Stops of the clock on a legal ground: JSON list of [start, end] instants."""
    basis: str
    certainty: str
    due_at: datetime = Field(sa_type=UtcDateTime)
    reason: str
    """How the date comes about, in words a person can check."""
    provisional: bool = False
    """Rests on a year whose calendar was not published when it was computed."""
    rules_version: int
    calendar_version: int
    ladder_version: int
    next_level: int | None
    next_rung_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the ladder's next rung falls due; None when there is none left. On a closed deadline: a rung that fell due
    before it closed and that no sweep has recorded yet."""
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str | None = None
    """MET, LATE, SUPERSEDED or VOID."""


class Escalation(SQLModel, table=True):
    """督办升级: one level of one deadline, exactly once, by its primary key."""

    __table_args__ = (
        Index("ix_escalation_repeat", "repeat_at", sqlite_where=_TOLD_AGAIN, postgresql_where=_TOLD_AGAIN),
    )

    hazard_id: str = Field(primary_key=True, foreign_key="hazard.id")
    deadline_id: str = Field(primary_key=True, foreign_key="deadline.id")
    level: int = Field(primary_key=True)
    id: str = Field(default_factory=new_id, unique=True)
    level_due_at: datetime = Field(sa_type=UtcDateTime)
    fired_at: datetime = Field(sa_type=UtcDateTime, index=True)
    late: bool
    """Missed: recorded more than a quarter of an hour after its time. Of those recorded together people hear of the highest
    one (`escalations.was_told`)."""
    ladder_version: int
    raised_by: str | None = Field(default=None, foreign_key="person.id")
    """Who raised it before its time; None when it fell due."""
    because: str = ""
    """Why it was raised."""
    repeats: int = 0
    """How often it was told again because nobody acknowledged it."""
    repeat_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it is told again; None once it is acknowledged, told often enough, or its clock has ended."""


class Letter(SQLModel, table=True):
    """公文 drafted for signature: 交办单, 督办函, 约谈通知, 提级督办请示, 销号通知书."""

    __table_args__ = (Index("uq_letter_origin", "origin", "kind", unique=True),)

    id: str = Field(default_factory=new_id, primary_key=True)
    hazard_id: str = Field(foreign_key="hazard.id", index=True)
    origin: str
    kind: str
    number: str = Field(unique=True)
    title: str
    body: str
    drafted_at: datetime = Field(sa_type=UtcDateTime)
