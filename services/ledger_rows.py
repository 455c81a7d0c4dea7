"""The rows of the exported ledger, in the column order of the paper ledger (台账), from the hazard and its decisions.

Two columns of the paper are left out, because nobody fills them in here: 成因 and 备注. Three that the paper lacks stand last.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models import Enterprise, Person, StandardClause, Unit
from models.actor import Actor
from models.calendar import WorkCalendar, days_between
from models.decisions import DecisionCode
from models.forms.controls import InterimControl
from models.forms.progress import EnforcementKind
from models.hazard import Channel, Grade, ListingLevel
from models.limits import ZONE
from models.operations import Operation
from models.stage import Clock, Stage
from models.tables import DEADLINE, DECISION, HAZARD
from services import policies, register

CHANNELS = {
    Channel.SELF_REPORT: "企业自查上报",
    Channel.INSPECTION: "督导检查发现",
    Channel.PUBLIC_REPORT: "群众举报核查",
}
GRADES = {Grade.MAJOR: "重大", Grade.GENERAL: "一般", Grade.NOT_HAZARD: "不属隐患"}
LISTINGS = {
    ListingLevel.NONE: "否",
    ListingLevel.TOWN: "镇级",
    ListingLevel.DISTRICT: "区级",
    ListingLevel.CITY: "市级",
}
_VERDICTS = {DecisionCode.PASS: "合格", DecisionCode.PARTIAL: "部分合格", DecisionCode.FAIL: "不合格"}
_TOLD = (DecisionCode.REPORT, DecisionCode.SUBMIT_PLAN, DecisionCode.COMPLETE, DecisionCode.ENFORCE, *_VERDICTS)
_PAGE = 500


class Known(NamedTuple):
    """A hazard with everything its row tells: its own columns and names, and by its id what was decided."""

    row: Any
    report: Mapping[str, Any]
    plan: Mapping[str, Any]
    completed_on: str
    verdict: Any
    penalties: Sequence[Mapping[str, Any]]
    limit: datetime | None
    pairs: int
    """Photographs before and after, two of each spot."""
    at: datetime
    calendar: WorkCalendar


def _text(moment: datetime | None) -> str:
    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") if moment else ""


def _late(one: Known) -> int:
    """Working days the present step is overdue."""
    due = one.row.due_at
    if one.row.closed_at is not None or due is None or due >= one.at:
        return 0
    span = days_between(due.astimezone(ZONE).date(), one.at.astimezone(ZONE).date())
    return sum(one.calendar.is_working_day(day) for day in span[1:])


def _finder(one: Known) -> str:
    """Who found it; of a tip-off never who reported it."""
    if one.row.channel == Channel.PUBLIC_REPORT:
        return ""
    return " ".join(filter(None, (one.row.reporting_unit or one.row.enterprise, one.row.reporter)))


def _fines(one: Known) -> str:
    if not one.penalties:
        return "否"
    return "；".join(f"{form['document_no']} {form.get('amount_yuan') or '0'}元" for form in one.penalties)


_COLUMNS: Mapping[str, Callable[[Known], str | int]] = {
    "隐患编号": lambda one: one.row.no,
    "排查时间": lambda one: _text(one.row.discovered_at),
    "排查人/检查单位": _finder,
    "来源渠道": lambda one: CHANNELS[one.row.channel],
    "企业名称": lambda one: one.row.enterprise or "",
    "统一社会信用代码": lambda one: one.row.credit_code or "",
    "行业领域": lambda one: one.row.sector,
    "地址/镇村": lambda one: " ".join(filter(None, (one.row.village, one.row.address))),
    "隐患部位": lambda one: one.row.place,
    "隐患描述": lambda one: one.row.description,
    "判定依据": lambda one: one.row.clause or "",
    "隐患等级": lambda one: GRADES.get(one.row.grade, ""),
    "可能后果": lambda one: one.report.get("consequence", ""),
    "整改措施": lambda one: one.plan.get("measures", ""),
    "整改资金（元）": lambda one: str(one.plan.get("funds_yuan", "")),
    "责任单位": lambda one: one.row.enterprise or one.row.rectifying_unit or "",
    "责任人及电话": lambda one: " ".join(filter(None, (one.row.principal, one.row.principal_phone))),
    "督办单位": lambda one: one.row.supervising_unit or one.row.lead_unit or "",
    "责任领导": lambda one: one.row.leader or "",
    "整改期限": lambda one: _text(one.limit),
    "临时管控措施": lambda one: InterimControl(one.row.interim_control).label if one.row.interim_control else "",
    "安全措施和应急预案": lambda one: one.plan.get("safety_measures", ""),
    "整改前照片": lambda one: one.pairs,
    "整改后照片": lambda one: one.pairs,
    "整改完成时间": lambda one: one.completed_on,
    "验收人": lambda one: one.verdict.name if one.verdict else "",
    "验收时间": lambda one: _text(one.verdict.decided_at) if one.verdict else "",
    "验收结论": lambda one: _VERDICTS[one.verdict.code] if one.verdict else "",
    "是否销号": lambda one: "是" if one.row.stage == Stage.CLOSED else "否",
    "销号时间": lambda one: _text(one.row.closed_at) if one.row.stage == Stage.CLOSED else "",
    "逾期工作日": _late,
    "延期次数": lambda one: one.row.extensions,
    "是否挂牌": lambda one: LISTINGS[one.row.listing_level],
    "行政处罚": _fines,
    "牵头单位": lambda one: one.row.lead_unit or "",
    "办理环节": lambda one: Stage(one.row.stage).label,
    "当前期限": lambda one: _text(one.row.due_at),
}
COLUMNS = ("序号", *_COLUMNS)


def rows(session: Session, filters: register.Filters, *, by: Actor, at: datetime) -> Iterator[Sequence[str | int]]:
    """Oldest first, read in pages: the list may be long."""
    calendar = policies.calendar(session, policies.newest(session).calendar)
    number = 0
    for page in session.execute(_hazards(filters, by=by).execution_options(yield_per=_PAGE)).partitions():
        for one in _known(session, page, at, calendar):
            number += 1
            yield number, *(tell(one) for tell in _COLUMNS.values())


def _known(session: Session, page: Sequence[Any], at: datetime, calendar: WorkCalendar) -> Iterator[Known]:
    ids = [row.id for row in page]
    decided, limits = _decided(session, ids), _limits(session, ids)
    for row in page:
        whole = decided.get(row.id, ())
        own = [one for one in whole if one.cycle == row.cycle]
        verdicts = [one for one in own if one.code in _VERDICTS]
        done = _newest(own, DecisionCode.COMPLETE)
        yield Known(
            row, _newest(whole, DecisionCode.REPORT), _newest(own, DecisionCode.SUBMIT_PLAN), done.get("completed_on", ""),
            verdicts[-1] if verdicts else None, _penalties(own), limits.get((row.id, row.cycle)),
            len(done.get("photo_pairs", ())), at, calendar,
        )  # fmt: skip


def _newest(decided: Iterable[Any], code: DecisionCode) -> dict[str, Any]:
    """What was filled in when it was last decided."""
    forms = [one.form for one in decided if one.code == code]
    return json.loads(forms[-1]) if forms else {}


def _penalties(own: Iterable[Any]) -> list[dict[str, Any]]:
    forms = (json.loads(one.form) for one in own if one.code == DecisionCode.ENFORCE)
    return [form for form in forms if form["kind"] == EnforcementKind.PENALTY]


def _decided(session: Session, ids: Sequence[str]) -> dict[str, list[Any]]:
    """What the rows tell of, by hazard, in order."""
    statement = (
        select(
            DECISION.c.hazard_id,
            DECISION.c.cycle,
            DECISION.c.code,
            DECISION.c.form,
            DECISION.c.decided_at,
            col(Person.name),
        )
        .outerjoin(Person, col(Person.id) == DECISION.c.person_id)
        .where(DECISION.c.hazard_id.in_(ids), DECISION.c.code.in_(_TOLD))
    )
    found: dict[str, list[Any]] = {}
    for row in session.execute(statement.order_by(DECISION.c.hazard_id, DECISION.c.seq)):
        found.setdefault(row.hazard_id, []).append(row)
    return found


def _limits(session: Session, ids: Sequence[str]) -> dict[tuple[str, int], datetime]:
    """The rectification limit of each cycle as it now is."""
    limit = (DEADLINE.c.hazard_id.in_(ids), DEADLINE.c.clock == Clock.RECTIFICATION)
    rows = session.execute(
        select(DEADLINE.c.hazard_id, DEADLINE.c.cycle, DEADLINE.c.due_at)
        .where(*limit)
        .order_by(DEADLINE.c.start_at, DEADLINE.c.id)
    )
    return {(row.hazard_id, row.cycle): row.due_at for row in rows}


def _hazards(filters: register.Filters, *, by: Actor) -> Select[Any]:
    reporting, village, lead, rectifying, supervising = (aliased(Unit) for _ in range(5))
    reporter, leader, principal = (aliased(Person) for _ in range(3))
    joins = (
        (Enterprise, col(Enterprise.id), HAZARD.c.enterprise_id), (StandardClause, col(StandardClause.id), HAZARD.c.clause_id),
        (reporting, col(reporting.id), HAZARD.c.reporting_unit_id), (village, col(village.id), HAZARD.c.village_unit_id),
        (lead, col(lead.id), HAZARD.c.lead_unit_id), (rectifying, col(rectifying.id), HAZARD.c.rectifying_unit_id),
        (supervising, col(supervising.id), HAZARD.c.supervising_unit_id), (reporter, col(reporter.id), HAZARD.c.reported_by),
        (leader, col(leader.id), HAZARD.c.leader_id), (principal, col(principal.id), col(Enterprise.principal_id)),
    )  # fmt: skip
    statement = select(
        HAZARD, col(Enterprise.name).label("enterprise"), col(Enterprise.credit_code).label("credit_code"),
        col(Enterprise.address).label("address"), col(supervising.name).label("supervising_unit"),
        col(StandardClause.code).label("clause"), col(reporting.name).label("reporting_unit"), col(village.name).label("village"),
        col(lead.name).label("lead_unit"), col(rectifying.name).label("rectifying_unit"), col(reporter.name).label("reporter"),
        col(leader.name).label("leader"), col(principal.name).label("principal"), col(principal.phone).label("principal_phone"),
    )  # fmt: skip
    for table, key, named in joins:
        statement = statement.outerjoin(table, key == named)
    chosen = register.chosen(filters, by=by, operation=Operation.EXPORT_LEDGER)
    return statement.where(*chosen).order_by(HAZARD.c.reported_at, HAZARD.c.id)
