"""A small 临江镇: its units, its people by office and letter, one enterprise, and a hazard carried step by step."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session

from models import Enterprise, Evidence, Person, Unit
from models.actor import Actor
from models.forms import (
    Acceptance,
    Assignment,
    Closure,
    Completion,
    Informing,
    MajorFinding,
    Opinion,
    Plan,
    PlanApproval,
    Recheck,
    Report,
    ReviewPass,
)  # fmt: skip
from models.forms.controls import InterimControl, Lifting
from models.forms.intake import Signed
from models.forms.rectification import Informed
from models.forms.requests import Granted
from models.forms.review import Checklist, ClauseResult, GateLine
from models.hazard import Hazard
from models.ids import new_id
from models.organization import Duty, UnitKind
from models.permissions import Role
from models.process import DecisionCode
from models.stage import Step
from models.tables import EVIDENCE, HAZARD
from services import office, organization, reporting

NOON = datetime(2026, 9, 7, 4, tzinfo=UTC)
"""Monday, 12:00 in 临江镇."""


@dataclass
class Town:
    units: dict[str, Unit]
    enterprise: Enterprise
    persons: dict[str, Person]
    actors: dict[str, Actor]

    def __getattr__(self, name: str) -> Actor:
        return self.actors[name]


def build_town(session: Session, at: datetime = NOON - timedelta(days=30)) -> Town:
    units = {
        code: organization.add_unit(session, code=code, name=name, kind=kind, by=None, at=at)
        for code, name, kind in (
            ("AWB", "镇安委办", UnitKind.COMMITTEE), ("YJB", "应急办", UnitKind.DEPARTMENT),
            ("JFB", "经发办", UnitKind.DEPARTMENT), ("ZZF", "镇政府", UnitKind.LEADERSHIP),
            ("CUN1", "某某村", UnitKind.VILLAGE), ("QYJ", "区应急局", UnitKind.DISTRICT), ("SJ", "审计组", UnitKind.AUDIT),
        )
    }  # fmt: skip
    enterprise = organization.add_enterprise(
        session, credit_code="91500118MA5TEST001", name="某生物颗粒有限公司", address="某某村1组", sector="工贸/粉尘涉爆",
        village="CUN1", by=None, at=at,
    )  # fmt: skip
    town = Town(units, enterprise, {}, {})
    for key, name, role, unit, duty in (
        ("clerk", "安委办经办人甲", Role.SC, "AWB", None), ("officer", "应急办经办人甲", Role.DO, "YJB", None),
        ("second_officer", "应急办经办人乙", Role.DO, "YJB", None), ("head", "应急办负责人甲", Role.DH, "YJB", None),
        ("other_officer", "经发办经办人甲", Role.DO, "JFB", None), ("other_head", "经发办负责人甲", Role.DH, "JFB", None),
        ("leader", "分管领导甲", Role.TL, "ZZF", Duty.DEPUTY_LEADER), ("mayor", "镇主要领导甲", Role.TL, "ZZF", Duty.TOWN_LEADER),
        ("director", "镇安委会主任甲", Role.TL, "ZZF", Duty.COMMITTEE_DIRECTOR), ("villager", "某某村干部甲", Role.VC, "CUN1", None),
        ("auditor", "审计员甲", Role.AU, "SJ", None), ("admin", "系统管理员甲", Role.AD, None, None),
        ("district", "区应急局经办人甲", Role.DI, "QYJ", Duty.DISTRICT_DEPARTMENT),
    ):  # fmt: skip
        add_person(session, town, key, name, role, unit, duty, at)
    for key, name in (("principal", "企业主要负责人甲"), ("controller", "企业实际控制人甲")):
        add_person(session, town, key, name, Role.EN, None, None, at)
    organization.name_principals(
        session,
        enterprise,
        principal=town.persons["principal"],
        actual_controller=town.persons["controller"],
        by=None,
        at=at,
    )
    return town


def add_person(
    session: Session, town: Town, key: str, name: str, role: Role, unit: str | None, duty: Duty | None, at: datetime
) -> Actor:
    enterprise = town.enterprise if role == Role.EN else None
    person = organization.add_person(
        session, name=name, email=f"{key}@linjiang.test", enterprise=enterprise, by=None, at=at
    )
    held = town.units[unit] if unit else None
    organization.grant_role(session, person, role, unit=held, duty=duty, by=None, at=at)
    town.persons[key] = person
    town.actors[key] = Actor(
        person.id,
        name,
        new_id(),
        ((role, held.id if held else None),),
        person.enterprise_id,
        NOON + timedelta(days=3650),
    )
    return town.actors[key]


def add_second_clerk(session: Session, town: Town, at: datetime = NOON) -> None:
    """A colleague of the clerk's, for what two of the committee office must decide."""
    add_person(session, town, "second_clerk", "安委办经办人乙", Role.SC, "AWB", None, at)


def photo(session: Session, by: Actor, name: str = "现场.jpg", at: datetime = NOON) -> str:
    """A row of evidence as an upload leaves it; the bytes are another test's matter."""
    row = Evidence(
        sha256=new_id().replace("-", "").ljust(64, "0"), size=1024, media_type="image/jpeg", filename=name,
        uploaded_by=by.person_id, uploaded_at=at,
    )  # fmt: skip
    session.execute(insert(EVIDENCE), row.model_dump())
    return row.id


def a_report(**changes: Any) -> Report:
    fields: dict[str, Any] = {
        "channel": "INSPECTION", "source": "镇级检查", "discovered_at": NOON - timedelta(hours=2),
        "enterprise": "91500118MA5TEST001", "sector": "工贸/粉尘涉爆", "place": "某某村1组造粒车间",
        "description": "造粒设备前无铁石去除装置，木粉尘正压除尘风管无火花探测消除，积尘严重",
        "no_evidence_reason": "检查记录随后补传",
    }  # fmt: skip
    return Report(**(fields | changes))


def form_for(session: Session, town: Town, code: DecisionCode, at: datetime) -> Any:
    """A filled-in form for each decision of the straight way."""
    met = GateLine(met=True)
    lines = ("clauses_cleared", "evidence_verified", "principals_informed", "interim_control_lifted", "penalties_recorded",
             "reporter_answered", "listing_removed", "rebound_searched")  # fmt: skip
    forms: dict[DecisionCode, Any] = {
        DecisionCode.ACCEPT: lambda: Acceptance(verifying_unit="YJB"),
        DecisionCode.MAJOR: lambda: MajorFinding(
            checked_at=at - timedelta(hours=1), inspectors=("应急办经办人甲", "应急办经办人乙"), facts="现场属实",
            unit_signature=Signed.SIGNED, no_evidence_reason="照片随后补传", clause="GM-11.8", grading_reason="破碎研磨前无铁石去除装置", persons_exposed=12,
            interim_control=InterimControl.PARTIAL_STOP, interim_since=at - timedelta(hours=1), interim_responsible="应急办经办人甲",
        ),
        DecisionCode.CONFIRM: lambda: Opinion(comment="同意"),
        DecisionCode.ASSIGN: lambda: Assignment(
            lead_unit="YJB", cooperating_units=("JFB",), leader=town.persons["leader"].id, requirements="加装装置并清灰",
            limit_days=30, limit_basis="责令限期整改指令书",
        ),
        DecisionCode.SIGN: lambda: Opinion(),
        DecisionCode.SUBMIT_PLAN: lambda: Plan(
            goals="消除粉尘爆炸危险", measures="加装磁选和火花探测", funds_yuan=Decimal(80000), funds_source="企业自筹", responsible="安全管理人员",
            limit_and_requirements="30日内完成", safety_measures="整改期间停产", acceptance_criteria="逐条消除", principal_signed_on=at.date(),
        ),
        DecisionCode.APPROVE_PLAN: lambda: PlanApproval(comment="同意"),
        DecisionCode.COMPLETE: lambda: Completion(
            done="已加装磁选装置、火花探测并清灰", completed_on=at.date(), cost_yuan=Decimal("76500.00"),
            photo_pairs=((photo(session, town.principal, "前.jpg"), photo(session, town.principal, "后.jpg")),),
            self_acceptance="企业组织专家验收合格",
        ),
        DecisionCode.RECHECK: lambda: Recheck(
            visited_at=at - timedelta(hours=1), reviewers=("应急办经办人甲", "应急办经办人乙"),
            results=(ClauseResult(clause="GM-11.8", cleared=True, finding="已加装磁选装置"),), unit_signature=Signed.SIGNED,
        ),
        DecisionCode.PASS: lambda: ReviewPass(opinion="整改到位", document_no="临应急复〔2026〕1号"),
        DecisionCode.ASK_LIFTING: lambda: Lifting(
            reason="复查合格", consent_by="区应急局", consent_no="永应急复产〔2026〕2号", consent_on=at.date()
        ),
        DecisionCode.GRANT_LIFTING: lambda: Granted(comment="同意"),
        DecisionCode.CLOSE: lambda: Closure(checklist=Checklist(**dict.fromkeys(lines, met)), opinion="同意销号"),
    }  # fmt: skip
    return forms[code]()


STRAIGHT_WAY: tuple[tuple[DecisionCode, str], ...] = (
    (DecisionCode.ACCEPT, "clerk"), (DecisionCode.MAJOR, "officer"), (DecisionCode.CONFIRM, "head"),
    (DecisionCode.ASSIGN, "clerk"), (DecisionCode.SIGN, "officer"), (DecisionCode.SUBMIT_PLAN, "principal"),
    (DecisionCode.APPROVE_PLAN, "officer"), (DecisionCode.COMPLETE, "principal"), (DecisionCode.RECHECK, "officer"),
    (DecisionCode.ASK_LIFTING, "head"), (DecisionCode.GRANT_LIFTING, "leader"), (DecisionCode.PASS, "head"),
    (DecisionCode.CLOSE, "clerk"),
)  # fmt: skip


def report(session: Session, town: Town, *, who: str = "officer", at: datetime = NOON, **changes: Any) -> Hazard:
    hazard, _ = reporting.report_hazard(session, a_report(**changes), by=town.actors[who], at=at)
    return hazard


def decide(
    session: Session, town: Town, hazard: Hazard, code: DecisionCode, who: str, *, at: datetime, form: Any = None
) -> Hazard:
    """Take one decision on the hazard as it stands in the database, and read it again."""
    now = fetch(session, hazard)
    office.decide(session, now, code, form or form_for(session, town, code, at), by=town.actors[who], at=at)
    return fetch(session, hazard)


def carry_to(session: Session, town: Town, step: Step, *, at: datetime = NOON, **changes: Any) -> Hazard:
    """A hazard that waits at this step, carried there the straight way, both persons informed on the way."""
    hazard = report(session, town, at=at, **changes)
    for code, who in STRAIGHT_WAY:
        if hazard.step == step:
            return hazard
        at += timedelta(hours=2)
        hazard = decide(session, town, hazard, code, who, at=at)
        if code == DecisionCode.SIGN:
            for informed in Informed:
                told = Informing(informed=informed, name="甲", means="当面送达", informed_at=at, proof="送达回证")
                hazard = decide(session, town, hazard, DecisionCode.INFORM, "officer", at=at, form=told)
    return hazard


def fetch(session: Session, hazard: Hazard) -> Hazard:
    return session.execute(select(HAZARD).where(HAZARD.c.id == hazard.id)).one()  # pyright: ignore[reportReturnType]
