"""上报 a hazard: the form, the check, and its number."""

from collections.abc import Sequence

from fastapi import APIRouter
from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from models import Enterprise
from models.errors import DomainError, NotPermitted
from models.forms import Report
from models.hazard import Channel
from models.permissions import Operation
from services import access, drafts, reporting, similar
from web.acting import act
from web.choices import choices_for
from web.desk import Here, HereDep, Sent, text_of
from web.fields import fields_of, known
from web.moments import day
from web.paper import Paper
from web.reading import values_of
from web.rendering import page
from web.values import CHANNELS

router = APIRouter()
RIGHT = {"x-operation": Operation.READ_REFERENCE, "x-operations": reporting.OPERATIONS}
_OPERATIONS = dict(zip(Channel, reporting.OPERATIONS, strict=True))
_MOST_COMPARED = 4000
_OF_AN_ENTERPRISE = frozenset({"channel", "source", "subject_type", "enterprise"})
"""What is known of a report by an enterprise's own person before it is written."""
NO_DRAFT = "来电举报可能涉及举报人，不存草稿。其他来源的，请先选来源渠道。"


@router.get("/report", openapi_extra=RIGHT)
def ask(visit: HereDep) -> Response:
    paper = _paper(visit)
    with visit.looking() as session:
        paper.values = {"source": ["本系统网页"], "subject_type": ["ENTERPRISE"]} | _own(session, visit)
        paper.open(drafts.kept(session, drafts.TO_REPORT, by=visit.by))
    return paper.ask()


@router.post("/report", openapi_extra=RIGHT)
def fill(visit: HereDep, form: Sent) -> Response:
    paper = _paper(visit)
    if _may_be_a_call(visit, text_of(form, "channel")):
        paper.place = None
        if text_of(form, "step") == "draft":
            paper.values = values_of(form)
            return paper.ask(faults=[("channel", visit.say(NO_DRAFT))], status=422)
    paper.similar = _similar(visit, form)
    return paper.fill(form)


@router.post("/report/taken", openapi_extra=RIGHT)
def report(visit: HereDep, form: Sent) -> Response:
    paper = _paper(visit)
    paper.values = values_of(form)
    body, faults = paper.parsed()
    if not isinstance(body, Report):
        return paper.ask(faults=faults, status=422)
    try:
        with act(visit, form, reporting.operation_for(body)) as done:
            hazard, _ = reporting.report_hazard(done.session, body, by=done.by, at=done.at)
            drafts.forget(done.session, drafts.TO_REPORT, by=done.by)
            seen = access.sees(done.session, hazard, by=done.by)
            done.leads_to = f"/hazards/{hazard.no}?done=report" if seen else f"/report/{hazard.no}"
    except NotPermitted:
        raise
    except DomainError as refusal:
        return paper.refused(refusal)
    return RedirectResponse(done.leads_to, 303)


@router.get("/report/{no}", openapi_extra=RIGHT)
def reported(no: str, visit: HereDep) -> Response:
    """For whoever may report a hazard and not follow it."""
    return page(visit.request, "reported.html", no=no)


def _paper(visit: Here) -> Paper:
    """Raises: NotPermitted."""
    channels = [one for one, operation in _OPERATIONS.items() if visit.by.grant_for(operation)]
    if not channels:
        access.require(visit.by, Operation.RECORD_INSPECTION_FINDING)
    with visit.looking() as session:
        choices = choices_for(session, Report, None, on=day(visit.at))
    choices["channel"] = [(one.value, CHANNELS[one]) for one in channels]
    fields = fields_of(Report, choices)
    if visit.by.enterprise_id:
        fields = tuple(
            known(one) if one.name in _OF_AN_ENTERPRISE else one for one in fields if one.name != "source_no"
        )
    return Paper(visit, "上报隐患", "/report", Report, fields, place=drafts.TO_REPORT, leads_to="受理登记")


def _may_be_a_call(visit: Here, channel: str) -> bool:
    """What a caller says may name them: such a report is not kept, nor one of which its writer has not said what it is."""
    calls = _OPERATIONS[Channel.PUBLIC_REPORT]
    return channel == Channel.PUBLIC_REPORT or (not channel and visit.by.grant_for(calls) is not None)


def _similar(visit: Here, form: FormData) -> Sequence[similar.Similar]:
    """Before the report is handed in: what this person can see that looks like it."""
    if visit.by.grant_for(Operation.LIST_HAZARDS) is None:
        return ()
    with visit.looking() as session:
        return similar.to_report(
            session, enterprise=text_of(form, "enterprise"), sector=text_of(form, "sector"), clause=text_of(form, "suspected_clause"),
            place=text_of(form, "place"), description=text_of(form, "description")[:_MOST_COMPARED], by=visit.by, at=visit.at,
        )  # fmt: skip


def _own(session: Session, visit: Here) -> dict[str, list[str]]:
    """What an enterprise's person need not fill in."""
    mine = session.get(Enterprise, visit.by.enterprise_id) if visit.by.enterprise_id else None
    if mine is None:
        return {}
    return {"enterprise": [mine.credit_code], "sector": [mine.sector], "channel": [Channel.SELF_REPORT.value]}
