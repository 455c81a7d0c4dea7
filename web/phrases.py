"""常用语: one's own in 我的, and those of the committee office for everybody in 管理."""

from collections.abc import Callable, Sequence
from typing import Annotated, NamedTuple

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


class Shelf(NamedTuple):
    """Where phrases are kept: one's own, or the office's."""

    path: str
    back: str
    operation: Operation
    keep: Callable[..., None]
    remove: Callable[[Act, str], None]
    title: str
    lead: str
    empty: str
    links: Sequence[tuple[str, str]] = ()


OWN = Shelf(
    "/account/phrases", "/account", Operation.OWN_ACCOUNT, phrases.keep_own,
    lambda done, one: phrases.forget_own(done.session, one, by=done.by),
    "我的常用语", "只有您自己看得到。填写意见时，点文字框下面的“常用语”选用。", "还没有自己的常用语。",
)  # fmt: skip
SHARED = Shelf(
    "/admin/phrases", "/admin", Operation.SHARE_PHRASES, phrases.share,
    lambda done, one: phrases.withdraw(done.session, one, by=done.by, at=done.at),
    "共用常用语", "所有人填写意见时都可以选用。某项办理没有共用常用语的，用出厂的。", "还没有共用常用语，都用出厂的。",
    (("/admin/phrases/shipped", "出厂常用语"),),
)  # fmt: skip


def _register(shelf: Shelf) -> None:
    def listing(visit: HereDep, done: str = "") -> Response:
        access.require(visit.by, shelf.operation)
        with visit.looking() as session:
            kept = phrases.kept_by(session, OFFICE if shelf is SHARED else visit.by.person_id)
        rows = [
            (Cell(row.words), word(_label(row.decision)), button(f"{shelf.path}/{row.id}/removal", "删除", row.words))
            for row in kept
        ]
        return show(visit, Listing(
            title=shelf.title, columns=COLUMNS, rows=rows, back=shelf.back, done=DONE.get(done, ""), lead=shelf.lead,
            empty=shelf.empty, links=((f"{shelf.path}/new", "增加常用语"), *shelf.links),
        ))  # fmt: skip

    def ask(visit: HereDep) -> Response:
        return _paper(visit, shelf).ask()

    def keep(visit: HereDep, form: Sent) -> Response:
        def do(done: Act, body: PhraseForm) -> None:
            shelf.keep(done.session, body.words, decision=_known(body.decision), by=done.by, at=done.at)
            done.leads_to = f"{shelf.path}?done=kept"

        return _paper(visit, shelf).take(form, do)

    def remove(phrase_id: str, visit: HereDep, form: Sent) -> Response:
        with act(visit, form, shelf.operation) as done:
            shelf.remove(done, phrase_id)
            done.leads_to = f"{shelf.path}?done=removed"
        return RedirectResponse(done.leads_to, 303)

    ways = (
        ("GET", "", listing),
        ("GET", "/new", ask),
        ("POST", "/new", keep),
        ("POST", "/{phrase_id}/removal", remove),
    )
    for method, path, endpoint in ways:
        router.add_api_route(
            shelf.path + path, endpoint, methods=[method], openapi_extra={"x-operation": shelf.operation}
        )


for _shelf in (OWN, SHARED):
    _register(_shelf)


@router.get("/admin/phrases/shipped", openapi_extra={"x-operation": Operation.SHARE_PHRASES})
def shipped(visit: HereDep) -> Response:
    access.require(visit.by, Operation.SHARE_PHRASES)
    with visit.looking() as session:
        replaced = {row.decision for row in phrases.kept_by(session, OFFICE)}
    rows = [
        (Cell(text), word(_label(code)), word("已由共用常用语代替" if code in replaced else "出厂"))
        for code, texts in phrases.shipped().items()
        for text in texts
    ]
    return show(visit, Listing(title="出厂常用语", columns=SHIPPED_COLUMNS, rows=rows, back=SHARED.path))


def _paper(visit: Here, shelf: Shelf) -> OfficePaper:
    return OfficePaper(visit, shelf.operation, title="增加常用语", action=f"{shelf.path}/new", model=PhraseForm,
                       fields=fields_of(PhraseForm, {"decision": list(uses().items())}), back=shelf.path, button="保存")  # fmt: skip


def _label(code: str) -> str:
    if code == EVERYWHERE:
        return EVERY
    return Writing(code).label if code in set(Writing) else DecisionCode(code).label


def _known(code: str | None) -> str:
    """What is no use's code fits every one."""
    return code if code and code in {*FORMS, *Writing} else EVERYWHERE
