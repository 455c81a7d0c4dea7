"""What people say to one another about a hazard: comments 留言, copies 抄送, urging 催办, and 签收督办."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from models.errors import GateNotMet, NotFound
from models.permissions import Operation
from models.process import STEPS
from models.stage import Step
from services import access, comments, copies, inbox, ladder_holds, readers, urging
from services.readers import Colleague
from web.acting import Act, act
from web.desk import Here, HereDep, Sent
from web.fields import Options, fields_of
from web.office_paper import OfficePaper
from web.rendering import page

router = APIRouter()
_COMMENT, _COPY, _URGE = Operation.COMMENT, Operation.COPY, Operation.URGE
_Person = Annotated[str, Field(max_length=36)]
_OF_OFFICIALS = ("mentions", "for_enterprise")


class Body(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)


class Comment(Body):
    words: str = Field(min_length=1, max_length=2000, title="留言内容", description="留言不能修改或删除。")
    mentions: tuple[_Person, ...] = Field(default=(), max_length=20, title="提醒谁看")
    for_enterprise: bool = Field(default=False, title="企业也能看到这条留言")


class Copy(Body):
    people: tuple[_Person, ...] = Field(
        min_length=1, max_length=50, title="抄送给", description="抄送件只读；这里列出看不到该隐患的人员。"
    )
    words: str = Field(default="", max_length=200, title="说明")


class Urging(Body):
    words: str = Field(default="", max_length=200, title="催办意见")


@router.get("/hazards/{no}/comments", openapi_extra={"x-operation": _COMMENT})
def ask_comment(no: str, visit: HereDep) -> Response:
    return _comment(visit, no).ask()


@router.post("/hazards/{no}/comments", openapi_extra={"x-operation": _COMMENT})
def comment(no: str, visit: HereDep, form: Sent) -> Response:
    def write(done: Act, body: Comment) -> None:
        hazard = access.lock_hazard_for(done.session, no, _COMMENT, by=done.by)
        comments.comment_on(
            done.session, hazard, body.words, mentions=body.mentions, for_enterprise=body.for_enterprise, by=done.by, at=done.at
        )  # fmt: skip
        done.leads_to = f"/hazards/{no}?done=comment#comments"

    return _comment(visit, no).take(form, write)


def _comment(visit: Here, no: str) -> OfficePaper:
    with visit.looking() as session:
        hazard = access.hazard_for(session, no, _COMMENT, by=visit.by)
        known = () if visit.by.enterprise_id else readers.of(session, hazard, by=visit.by)
    fields = tuple(
        one for one in fields_of(Comment, {"mentions": _options(known)}) if known or one.key not in _OF_OFFICIALS
    )
    return OfficePaper(
        visit, _COMMENT, title="写留言", action=f"/hazards/{no}/comments", model=Comment, fields=fields,
        back=f"/hazards/{no}", facts=(("隐患", f"{no} · {hazard.place}"),),
    )  # fmt: skip


@router.get("/hazards/{no}/copies", openapi_extra={"x-operation": _COPY})
def ask_copy(no: str, visit: HereDep) -> Response:
    try:
        return _copies(visit, no).ask()
    except GateNotMet as everybody:  # a page that says so, not a fault: the hazard's page leads here
        return page(visit.request, "error.html", title="抄送", detail=everybody.detail, rule="", remedy="")


@router.post("/hazards/{no}/copies", openapi_extra={"x-operation": _COPY})
def copy(no: str, visit: HereDep, form: Sent) -> Response:
    def send(done: Act, body: Copy) -> None:
        hazard = access.lock_hazard_for(done.session, no, _COPY, by=done.by)
        copies.copy_to(done.session, hazard, body.people, body.words, by=done.by, at=done.at)
        done.leads_to = f"/hazards/{no}?done=copy"

    return _copies(visit, no).take(form, send)


@router.post("/hazards/{no}/copies/{person_id}/revocation", openapi_extra={"x-operation": _COPY})
def revoke_copy(no: str, person_id: str, visit: HereDep, form: Sent) -> Response:
    with act(visit, form, _COPY) as done:
        hazard = access.lock_hazard_for(done.session, no, _COPY, by=done.by)
        copies.revoke(done.session, hazard, person_id, by=done.by, at=done.at)
        done.leads_to = f"/hazards/{no}?done=copy-revoked"
    return RedirectResponse(done.leads_to, 303)


def _copies(visit: Here, no: str) -> OfficePaper:
    with visit.looking() as session:
        hazard = access.hazard_for(session, no, _COPY, by=visit.by)
        known = readers.beside(session, hazard, by=visit.by)
    if not known:
        raise GateNotMet("能看隐患的人员都已看得到这一件。", rule="抄送", remedy="无须抄送。")
    return OfficePaper(
        visit, _COPY, title="抄送", action=f"/hazards/{no}/copies", model=Copy, fields=fields_of(Copy, {"people": _options(known)}),
        back=f"/hazards/{no}", button="抄送", facts=(("隐患", f"{no} · {hazard.place}"),),
    )  # fmt: skip


@router.get("/hazards/{no}/urging", openapi_extra={"x-operation": _URGE})
def ask_urging(no: str, visit: HereDep) -> Response:
    return _urging(visit, no)[0].ask()


@router.post("/hazards/{no}/urging", openapi_extra={"x-operation": _URGE})
def urge(no: str, visit: HereDep, form: Sent) -> Response:
    """Whoever has the next move is told once more; once a day."""
    paper, item_id = _urging(visit, no)

    def press(done: Act, body: Urging) -> None:
        urging.urge(done.session, item_id, body.words, by=done.by, at=done.at)
        done.leads_to = f"/hazards/{no}?done=urging"

    return paper.take(form, press)


def _urging(visit: Here, no: str) -> tuple[OfficePaper, str]:
    with visit.looking() as session:
        hazard = access.hazard_for(session, no, _URGE, by=visit.by)
        item = inbox.move_of(session, hazard)
    if item is None:
        raise NotFound("该隐患没有等待办理的事项。", remedy="请返回隐患页面查看。")
    paper = OfficePaper(
        visit, _URGE, title="催办", action=f"/hazards/{no}/urging", model=Urging, fields=fields_of(Urging, {}),
        back=f"/hazards/{no}", button="催办", lead="通知现在的办理人尽快办理，同一事项每天只催办一次；不改变任何期限。",
        facts=(("隐患", f"{no} · {hazard.place}"), ("要办的事", visit.say(STEPS[Step(item.kind)].label))),
    )  # fmt: skip
    return paper, item.id


@router.post(
    "/hazards/{no}/escalations/{escalation_id}", openapi_extra={"x-operation": Operation.ACKNOWLEDGE_ESCALATION}
)
def acknowledge(no: str, escalation_id: str, visit: HereDep, form: Sent) -> Response:
    """签收督办: it is not told again; the next level comes all the same."""
    with act(visit, form, Operation.ACKNOWLEDGE_ESCALATION) as done:
        access.hazard_for(done.session, no, Operation.READ_HAZARD, by=done.by)
        ladder_holds.acknowledge(done.session, escalation_id, by=done.by, at=done.at)
        done.leads_to = f"/hazards/{no}?done=acknowledgement#escalations"
    return RedirectResponse(done.leads_to, 303)


def _options(known: Sequence[Colleague]) -> Options:
    return [(one.id, f"{one.name}（{one.places}）" if one.places else one.name) for one in known]
