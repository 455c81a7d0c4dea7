"""Hazard 重大事故隐患: the row that says where it stands, its parties, its decisions and who signed which part."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id
from models.steps import STEPS


class Channel(StrEnum):
    """来源渠道, the three groups of 临江府发〔2024〕37号 三(二)3: 企业自查上报、督导检查发现、群众举报核查."""

    SELF_REPORT = "SELF_REPORT"
    INSPECTION = "INSPECTION"
    PUBLIC_REPORT = "PUBLIC_REPORT"


class SubjectType(StrEnum):
    """责任主体类型."""

    ENTERPRISE = "ENTERPRISE"
    SOLE_TRADER = "SOLE_TRADER"
    PROJECT = "PROJECT"
    PUBLIC_PLACE = "PUBLIC_PLACE"
    HOUSEHOLD = "HOUSEHOLD"


class Grade(StrEnum):
    MAJOR = "MAJOR"
    GENERAL = "GENERAL"
    NOT_HAZARD = "NOT_HAZARD"


class ListingLevel(StrEnum):
    """挂牌督办 level."""

    NONE = "NONE"
    TOWN = "TOWN"
    DISTRICT = "DISTRICT"
    CITY = "CITY"


_OPEN = text("closed_at IS NULL")
_LISTED = text("closed_at IS NULL AND listing_level <> 'NONE'")
_STEP_IN_STAGE = " OR ".join(f"(step = '{step}' AND stage = '{info.stage}')" for step, info in STEPS.items())


class Hazard(SQLModel, table=True):
    """One hazard as it stands now; equals the fold of its audit events at every instant."""

    __table_args__ = (
        CheckConstraint(_STEP_IN_STAGE, name="step_belongs_to_stage"),
        CheckConstraint("version >= 1 AND cycle >= 1 AND failure_count >= 0", name="counters"),
        Index("uq_hazard_source", "source", "source_no", unique=True,
              sqlite_where=text("source_no IS NOT NULL"), postgresql_where=text("source_no IS NOT NULL")),
        Index("ix_hazard_stage_due", "stage", "due_at", "id"),
        Index("ix_hazard_reported", "reported_at", "id"),
        Index("ix_hazard_enterprise", "enterprise_id", "id"),
        Index("ix_hazard_open_due", "due_at", "lead_unit_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_hazard_listed", "lead_unit_id", sqlite_where=_LISTED, postgresql_where=_LISTED),
    )  # fmt: skip

    id: str = Field(default_factory=new_id, primary_key=True)
    no: str = Field(unique=True)
    """隐患编号 ZY-YYYY-NNNN; given once, never used again."""
    stage: str
    step: str
    version: int = 1
    """Grows with every change; the ETag."""
    cycle: int = 1
    """Rectification cycle; a rebound opens the next one."""

    channel: str
    source: str
    """The system or office the report comes from; with `source_no` it makes a report idempotent."""
    source_no: str | None = None
    discovered_at: datetime = Field(sa_type=UtcDateTime)
    """When it was found; the judgement standard in force on this date applies."""
    reported_at: datetime = Field(sa_type=UtcDateTime)
    reported_by: str | None = Field(default=None, foreign_key="person.id")
    """None for a report by the public without an account."""
    subject_type: str
    enterprise_id: str | None = Field(default=None, foreign_key="enterprise.id")
    sector: str
    place: str
    description: str
    urgent: bool = False
    """People are in danger now: hours instead of days."""
    persons_exposed: int | None = None

    village_unit_id: str | None = Field(default=None, foreign_key="unit.id")
    reporting_unit_id: str | None = Field(default=None, foreign_key="unit.id")
    verifying_unit_id: str | None = Field(default=None, foreign_key="unit.id")
    lead_unit_id: str | None = Field(default=None, foreign_key="unit.id")
    rectifying_unit_id: str | None = Field(default=None, foreign_key="unit.id")
    """Rectifies where no enterprise owns the hazard (无责任单位); never the lead unit, which reviews."""
    supervising_unit_id: str | None = Field(default=None, foreign_key="unit.id")
    """督办单位 where another one than the lead supervises the rectification; None: the lead unit does."""
    leader_id: str | None = Field(default=None, foreign_key="person.id")
    """包案领导."""
    returned: int = 0
    """How often a lead unit sent the assignment back as not its own."""
    arbitrated: bool = False
    """The committee office has had the final word on the lead unit."""
    grade: str | None = None
    """Proposed while in verification, final afterwards."""
    clause_id: str | None = Field(default=None, foreign_key="standard_clause.id")
    external_factor: bool = False
    """Its owner cannot remove it alone (外部因素)."""
    interim_control: str | None = None
    """临时管控措施 in force; None where there is none."""
    interim_hours: int | None = None
    """How often it is confirmed, in hours."""
    listing_level: str = ListingLevel.NONE
    limit_days: int | None = None
    """Rectification limit in calendar days from receipt, or"""
    limit_on: str | None = None
    """the named last day (ISO date); one of the two."""
    limit_basis: str = ""
    failure_count: int = 0
    """Failed reviews in this cycle."""
    extensions: int = 0
    """Extensions granted in this cycle; at most two."""
    progress_percent: int | None = None
    open_actions: int = 0
    """Sub-actions not yet done; completion waits for them."""
    open_requests: int = 0
    """Requests that wait for a second person."""
    unit_closed_on: str | None = None
    """Since when the responsible unit no longer exists (ISO date); the danger must still be shown to be gone."""
    enforcement_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it was handed to enforcement (转入执法)."""
    frozen_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """An accident happened: everything is preserved and nothing moves until a leader says so."""
    merged_into: str | None = Field(default=None, foreign_key="hazard.id")
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the present step is due; a copy of its deadline for lists."""
    changed_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    chain_seq: int = 0
    chain_head: str
    """Hex leaf hash of the newest audit event."""
    process_version: int
    rules_version: int
    ladder_version: int
    calendar_version: int


class HazardNumber(SQLModel, table=True):
    """The last number given in a year; its row lock orders simultaneous reports."""

    __tablename__ = "hazard_number"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    series: str = Field(primary_key=True)
    """`ZY-2026` for hazards, `督-2026` for supervision letters."""
    last: int


class HazardParty(SQLModel, table=True):
    """A unit's part in a hazard; jurisdiction is having one."""

    __tablename__ = "hazard_party"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    unit_id: str = Field(primary_key=True, foreign_key="unit.id")
    hazard_id: str = Field(primary_key=True, foreign_key="hazard.id", index=True)
    part: str = Field(primary_key=True)


class Decision(SQLModel, table=True):
    """What was decided, by whom, on which form. Never changed."""

    __table_args__ = (
        Index("ix_decision_hazard", "hazard_id", "seq", unique=True),
        Index("ix_decision_code", "code", "decided_at", "id"),
        Index("ix_decision_person", "person_id", "decided_at", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    hazard_id: str = Field(foreign_key="hazard.id")
    cycle: int
    seq: int
    """The audit event of the same number in this hazard's chain."""
    code: str
    from_step: str | None
    to_step: str
    person_id: str | None = Field(default=None, foreign_key="person.id")
    """None for a report by the public without an account."""
    unit_id: str | None = None
    form: str
    """The fields decided on, as JSON."""
    decided_at: datetime = Field(sa_type=UtcDateTime)


class Signature(SQLModel, table=True):
    """Who holds which part of a chain of custody: the four-eyes rule as a primary key.

    A signer is a natural person, or the unit a part binds. In one cycle one signer has one part of a chain, so
    the same person (or unit) cannot take a second one even when two requests race.
    """

    __table_args__ = (Index("ix_signature_signed", "signed_at", "hazard_id", "cycle", "chain", "signer"),)

    hazard_id: str = Field(primary_key=True, foreign_key="hazard.id")
    cycle: int = Field(primary_key=True)
    chain: str = Field(primary_key=True)
    signer: str = Field(primary_key=True)
    part: str
    signed_at: datetime = Field(sa_type=UtcDateTime)
