"""One case that was let slip, entered from the paper ledger with its own dates, so that the ladder has something to do."""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select
from sqlmodel import Session, col

from cli.console import now, open_database
from models import Account, Person, RoleGrant
from models.actor import Actor
from models.engine import writing
from models.forms import Acceptance, Assignment, MajorFinding, Opinion, Report
from models.hazard import Hazard
from models.limits import ZONE
from models.permissions import Role
from models.process import DecisionCode
from models.tables import HAZARD
from services import office, organization, reporting


def enter_overdue_case(logins: dict[str, str], *, run: str) -> str:
    """A hazard whose rectification limit ended yesterday; returns its number.

    The service's clock cannot be turned back over HTTP, so this one is written through the same services with the
    dates of the paper ledger.
    """
    yesterday = now().astimezone(ZONE).date() - timedelta(days=1)
    at = now() - timedelta(days=21)
    with writing(open_database()) as session, session.begin():
        clerk, officer, head = (_actor(session, logins[key], at) for key in ("office", "officer", "head"))
        hazard, _ = reporting.report_hazard(session, _report(run, at), by=officer, at=at)
        leader = next(row.id for row in organization.people(session, role=Role.TL) if row.duty == "deputy_leader")
        for actor, code, form in (
            (clerk, DecisionCode.ACCEPT, Acceptance(verifying_unit="YJB")),
            (officer, DecisionCode.MAJOR, _finding(at)),
            (head, DecisionCode.CONFIRM, Opinion(comment="同意")),
            (clerk, DecisionCode.ASSIGN, Assignment(lead_unit="YJB", leader=leader, limit_on=yesterday, limit_basis="纸质台账载明",
                                                     requirements="限期消除粉尘爆炸危险")),
            (officer, DecisionCode.SIGN, Opinion()),
        ):  # fmt: skip
            at += timedelta(hours=2)
            present = session.execute(select(HAZARD).where(HAZARD.c.id == hazard.id)).one()
            office.decide(session, cast(Hazard, present), code, form, by=actor, at=at)
    return hazard.no


def _actor(session: Session, login: str, at: datetime) -> Actor:
    account = session.execute(select(Account).where(col(Account.login) == login)).scalar_one()
    person = session.get_one(Person, account.person_id)
    grants = session.execute(
        select(col(RoleGrant.role), col(RoleGrant.unit_id)).where(col(RoleGrant.person_id) == person.id)
    ).all()
    return Actor(
        person.id, person.name, account.id, tuple((Role(role), unit) for role, unit in grants), person.enterprise_id, at
    )


def _report(run: str, at: datetime) -> Report:
    return Report.model_validate({
        "channel": "INSPECTION", "source": "纸质台账", "source_no": f"补录-{run}", "discovered_at": at - timedelta(hours=3),
        "enterprise": "91500118MA5DEMO001", "sector": "工贸/粉尘涉爆", "place": "除尘间", "description": "除尘系统清灰制度不落实，积尘严重（演示：纸质台账补录）",
        "no_evidence_reason": "纸质档案另存",
    })  # fmt: skip


def _finding(at: datetime) -> MajorFinding:
    return MajorFinding.model_validate({
        "checked_at": at, "inspectors": ["应急办经办人甲", "应急办经办人乙"], "facts": "积尘严重", "unit_signature": "SIGNED", "clause": "GM-11.10",
        "grading_reason": "清灰制度不落实致积尘严重", "persons_exposed": 6, "interim_control": "WARN_BARRIER", "interim_since": at,
        "interim_responsible": "应急办经办人甲", "no_evidence_reason": "纸质档案另存",
    })  # fmt: skip
