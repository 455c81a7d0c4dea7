"""常用语: one's own in 我的, and those of the committee office for everybody in 管理."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import RedirectResponse, Response

from models.decisions import DecisionCode
from models.forms import FORMS
from models.permissions import Operation
from models.phrase import EVERYWHERE, OFFICE, Writing
from services import access, phrases
from web.acting import Act, act
from web.desk import Here, HereDep, Sent
from web.fields import fields_of, leaves
from web.listing import Cell, Listing, button, show, word
from web.office_paper import OfficePaper

router = APIRouter()
OWN = {"x-operation": Operation.OWN_ACCOUNT}
SHARE = {"x-operation": Operation.SHARE_PHRASES}
COLUMNS = ("常用语", "用于", "操作")
SHIPPED_COLUMNS = ("常用语", "用于", "来源")
EVERY = "各类办理"
DONE = {"kept": "常用语已保存。", "removed": "常用语已删除。"}


class PhraseForm(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    decision: str | None = Field(default=None, title="用于哪项办理", description="不选的，各类办理都可以用")
    words: Annotated[str, StringConstraints(min_length=2, max_length=300, pattern=r"^[^\x00]*$")] = Field(
        title="常用语"
    )


def uses() -> dict[str, str]:
    """What a phrase may be for, by its code: the decisions whose form has a place for free words, and what is written
    beside them."""
    decisions = {code.value: code.label for code in FORMS if takes_phrases(code)}
    return decisions | {writing.value: writing.label for writing in Writing}


def takes_phrases(code: DecisionCode) -> bool:
    """Whether its form has a place for free words."""
    return any(one.kind == "text" for one in leaves(fields_of(FORMS[code], {}), {}))


@router.get("/account/phrases", openapi_extra=OWN)
def own(visit: HereDep, done: str = "") -> Response:
    with visit.looking() as session:
        rows = phrases.kept_by(session, visit.by.person_id)
    return show(visit, Listing(
        title="我的常用语", columns=COLUMNS, rows=_rows(rows, "/account/phrases"), back="/account", done=DONE.get(done, ""),
        lead="只有您自己看得到。填写意见时，点文字框下面的“常用语”选用。", empty="还没有自己的常用语。",
        links=(("/account/phrases/new", "增加常用语"),),
    ))  # fmt: skip


@router.get("/account/phrases/new", openapi_extra=OWN)
def ask_own(visit: HereDep) -> Response:
    return _paper(visit, Operation.OWN_ACCOUNT, "/account/phrases").ask()


@router.post("/account/phrases/new", openapi_extra=OWN)
def keep_own(visit: HereDep, form: Sent) -> Response:
    return _paper(visit, Operation.OWN_ACCOUNT, "/account/phrases").take(
        form, _keeping(phrases.keep_own, "/account/phrases")
    )


@router.post("/account/phrases/{phrase_id}/removal", openapi_extra=OWN)
def remove_own(phrase_id: str, visit: HereDep, form: Sent) -> Response:
    with act(visit, form, Operation.OWN_ACCOUNT) as done:
        phrases.forget_own(done.session, phrase_id, by=done.by)
        done.leads_to = "/account/phrases?done=removed"
    return RedirectResponse(done.leads_to, 303)


@router.get("/admin/phrases", openapi_extra=SHARE)
def shared(visit: HereDep, done: str = "") -> Response:
    access.require(visit.by, Operation.SHARE_PHRASES)
    with visit.looking() as session:
        rows = phrases.kept_by(session, OFFICE)
    return show(visit, Listing(
        title="共用常用语", columns=COLUMNS, rows=_rows(rows, "/admin/phrases"), back="/admin", done=DONE.get(done, ""),
        lead="所有人填写意见时都可以选用。某项办理没有共用常用语的，用出厂的。", empty="还没有共用常用语，都用出厂的。",
        links=(("/admin/phrases/new", "增加常用语"), ("/admin/phrases/shipped", "出厂常用语")),
    ))  # fmt: skip


@router.get("/admin/phrases/shipped", openapi_extra=SHARE)
def shipped(visit: HereDep) -> Response:
    access.require(visit.by, Operation.SHARE_PHRASES)
    with visit.looking() as session:
        replaced = {row.decision for row in phrases.kept_by(session, OFFICE)}
    rows = [
        (Cell(text), word(_label(code)), word("已由共用常用语代替" if code in replaced else "出厂"))
        for code, texts in phrases.shipped().items()
        for text in texts
    ]
    return show(visit, Listing(title="出厂常用语", columns=SHIPPED_COLUMNS, rows=rows, back="/admin/phrases"))


@router.get("/admin/phrases/new", openapi_extra=SHARE)
def ask_shared(visit: HereDep) -> Response:
    return _paper(visit, Operation.SHARE_PHRASES, "/admin/phrases").ask()


@router.post("/admin/phrases/new", openapi_extra=SHARE)
def keep_shared(visit: HereDep, form: Sent) -> Response:
    return _paper(visit, Operation.SHARE_PHRASES, "/admin/phrases").take(
        form, _keeping(phrases.share, "/admin/phrases")
    )


@router.post("/admin/phrases/{phrase_id}/removal", openapi_extra=SHARE)
def remove_shared(phrase_id: str, visit: HereDep, form: Sent) -> Response:
    with act(visit, form, Operation.SHARE_PHRASES) as done:
        phrases.withdraw(done.session, phrase_id, by=done.by, at=done.at)
        done.leads_to = "/admin/phrases?done=removed"
    return RedirectResponse(done.leads_to, 303)


def _rows(kept: Sequence[Any], path: str) -> list[Sequence[Cell]]:
    return [
        (Cell(row.words), word(_label(row.decision)), button(f"{path}/{row.id}/removal", "删除", row.words)) for row in kept
    ]  # fmt: skip


def _label(code: str) -> str:
    if code == EVERYWHERE:
        return EVERY
    return Writing(code).label if code in set(Writing) else DecisionCode(code).label


def _paper(visit: Here, operation: Operation, back: str) -> OfficePaper:
    return OfficePaper(visit, operation, title="增加常用语", action=f"{back}/new", model=PhraseForm,
                       fields=fields_of(PhraseForm, {"decision": list(uses().items())}), back=back, button="保存")  # fmt: skip


def _keeping(keep: Callable[..., None], back: str) -> Callable[[Act, Any], None]:
    def do(done: Act, body: PhraseForm) -> None:
        keep(done.session, body.words, decision=_known(body.decision), by=done.by, at=done.at)
        done.leads_to = f"{back}?done=kept"

    return do


def _known(code: str | None) -> str:
    """What is no use's code fits every one."""
    return code if code and code in {*FORMS, *Writing} else EVERYWHERE
