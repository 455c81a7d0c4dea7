"""Who there is: units, enterprises, the people in them, and the roles they hold."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id

_LIVE_INTEREST = text("ended_at IS NULL")


class UnitKind(StrEnum):
    """Department, village or community, committee office, township leadership, district body."""

    DEPARTMENT = "DEPARTMENT"
    VILLAGE = "VILLAGE"
    COMMITTEE = "COMMITTEE"
    LEADERSHIP = "LEADERSHIP"
    DISTRICT = "DISTRICT"
    AUDIT = "AUDIT"


class Unit(SQLModel, table=True):
    """单位: a body that acts in the process; `code` is its stable external name."""

    id: str = Field(default_factory=new_id, primary_key=True)
    code: str = Field(unique=True)
    name: str
    kind: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class Enterprise(SQLModel, table=True):
    """生产经营单位, the unit bound to rectify; sole traders included."""

    id: str = Field(default_factory=new_id, primary_key=True)
    credit_code: str = Field(unique=True)
    """统一社会信用代码, 18 characters."""
    name: str = Field(index=True)
    address: str = ""
    sector: str = ""
    village_unit_id: str | None = Field(default=None, foreign_key="unit.id")
    principal_id: str | None = Field(default=None, foreign_key="person.id")
    """主要负责人, the legal duty holder (安全生产法 第二十一条)."""
    actual_controller_id: str | None = Field(default=None, foreign_key="person.id")
    """实际控制人; may be the principal."""
    created_at: datetime = Field(sa_type=UtcDateTime)


class Person(SQLModel, table=True):
    """自然人. Four eyes count persons, not accounts: one person with two accounts is one person."""

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str
    email: str = ""
    phone: str = ""
    enterprise_id: str | None = Field(default=None, index=True)
    """The enterprise this person acts for; an enterprise's person holds no office."""
    quiet_from: str = "22:00"
    """静默时段: from when (local, HH:MM) no notice but one of danger disturbs this person;"""
    quiet_until: str = "07:00"
    """until when. The same as `quiet_from`: no quiet hours."""
    channels_off: str = "[]"
    """Channels this person has turned off for themselves: JSON list of their ids."""
    created_at: datetime = Field(sa_type=UtcDateTime)


class Duty(StrEnum):
    """职务 that the ladder addresses and a role does not tell apart."""

    DEPUTY_LEADER = "deputy_leader"
    COMMITTEE_DIRECTOR = "committee_director"
    TOWN_LEADER = "town_leader"
    DISTRICT_DEPARTMENT = "district_department"
    DISTRICT_OFFICE = "district_office"


class RoleGrant(SQLModel, table=True):
    """A role held by a person in a unit (or, for enterprise users, in their enterprise)."""

    __tablename__ = "role_grant"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor
    __table_args__ = (
        Index("ix_role_grant_unit_role", "unit_id", "role"),
        Index("uq_role_grant_person_role_unit", "person_id", "role", "unit_id", unique=True),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    role: str
    unit_id: str | None = Field(default=None, foreign_key="unit.id")
    duty: str | None = None
    granted_by: str | None = None
    granted_at: datetime = Field(sa_type=UtcDateTime)


class Interest(SQLModel, table=True):
    """利害关系声明: an officer with an interest in an enterprise decides nothing about it."""

    __table_args__ = (
        Index("uq_interest_live", "person_id", "enterprise_id", unique=True, sqlite_where=_LIVE_INTEREST,
              postgresql_where=_LIVE_INTEREST),
    )  # fmt: skip

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id")
    enterprise_id: str = Field(foreign_key="enterprise.id")
    reason: str
    declared_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Ended by an administrator only: nobody lifts their own recusal."""
