"""What becomes of a public report, for whoever holds its query code; the code is never in an address."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from models.actor import Actor
from models.errors import DomainError, NotFound, NotPermitted
from models.forms.tip_off import ReporterText
from models.permissions import Operation
from models.vault import MessageKind
from services import codes, following, photos, public_reports, relay, rewards, sources
from services.keys import Keyring
from web import cookies, sealed
from web.acting import Replayed, act
from web.assets import OPEN
from web.desk import Sent, text_of
from web.faults import Fault
from web.guests import Guest, GuestDep, hash_of, photos_in
from web.rendering import page

router = APIRouter()
FOLLOW = {"x-operation": Operation.FOLLOW_OWN_REPORT}
ADD = {"x-operation": Operation.ADD_TO_OWN_REPORT}
HERE = "/public/follow"
KINDS = {MessageKind.ADDITION: "补充情况", MessageKind.OBJECTION: "反映没有解决", MessageKind.MESSAGE: "留言"}
DONE = {
    "addition": "已收到您补充的情况。", "objection": "已收到。镇安委办会再查看，结果在这里答复您。", "message": "留言已送到镇安委办。",
    "photos": "照片已收到。", "erased": "您的身份已删除，不可恢复；反映的情况继续办理。",
}  # fmt: skip
_FOR = timedelta(minutes=20)
_LONGEST_CODE = 100
_MOST_TYPED = 5000


class Follower(NamedTuple):
    guest: Guest
    code: str


class CodeWanted(NotPermitted):
    """Nobody here, or nobody any more, holds a code."""

    slug, title = "code-wanted", "请重新输入查询码"


def follower(guest: GuestDep) -> Follower:
    """Raises: CodeWanted, TooManyAttempts."""
    code = _code_of(guest)
    if not code:
        raise CodeWanted("查询已结束。", rule=f"输入查询码后{_FOR // timedelta(minutes=1)}分钟内有效",
                         remedy="请返回群众举报首页，重新输入查询码。")  # fmt: skip
    guest.counts.use_of_code(codes.hash_of(code), at=guest.at)
    return Follower(guest, code)


FollowerDep = Annotated[Follower, Depends(follower)]


@router.get(HERE, openapi_extra=FOLLOW)
def show(guest: GuestDep, done: str = "") -> Response:
    """The progress, while the code is at hand; else the question for it."""
    if not _code_of(guest):
        return page(guest.request, "public_code.html", faults=[])
    return _progress(follower(guest), done=DONE.get(done, ""))


@router.post(HERE, openapi_extra=FOLLOW)
def let_in(guest: GuestDep, form: Sent) -> Response:
    code = text_of(form, "code")[:_LONGEST_CODE]
    with guest.looking() as session:
        known = sources.known_code(session, code)
    if not known:
        guest.counts.wrong_code(guest.whom, at=guest.at)
        refusal = sources.unknown_code()
        faults = [("code", f"{refusal.detail}{refusal.remedy}")]
        return page(guest.request, "public_code.html", status=422, faults=faults)
    response = RedirectResponse(HERE, 303)
    _keep(response, guest, code)
    return response


@router.post(f"{HERE}/end", openapi_extra=OPEN)
def leave(_form: Sent) -> Response:
    response = RedirectResponse("/public", 303)
    cookies.drop(response, cookies.FOLLOW)
    cookies.drop(response, cookies.VISIT)
    return response


@router.post(f"{HERE}/addition", openapi_extra=ADD)
def add(mine: FollowerDep, form: Sent) -> Response:
    return _write(mine, form, "addition", public_reports.add_to_report)


@router.post(f"{HERE}/objection", openapi_extra=ADD)
def object_to(mine: FollowerDep, form: Sent) -> Response:
    return _write(mine, form, "objection", public_reports.say_not_fixed)


@router.post(f"{HERE}/message", openapi_extra=ADD)
def write(mine: FollowerDep, form: Sent) -> Response:
    return _write(mine, form, "message", _message)


@router.post(f"{HERE}/photos", openapi_extra={"x-operation": Operation.ADD_OWN_EVIDENCE_BY_CODE})
def add_photos(mine: FollowerDep, form: Sent) -> Response:
    guest, store = mine.guest, mine.guest.held.settings.evidence_dir
    try:
        taken = photos_in(form, "photos")
        if not taken:
            return _progress(mine, faults=[("photos", guest.say("请选择照片"))])
        with _acting(mine, form, Operation.ADD_OWN_EVIDENCE_BY_CODE, beside=hash_of(taken)) as done:
            source = sources.of_code(done.session, mine.code)
            for content, shown in taken:
                photos.add_photo(done.session, guest.ring, store, source, content, shown, by=done.by, at=done.at)
            relay.tell_office(done.session, source, at=done.at)
            done.leads_to = f"{HERE}?done=photos"
    except DomainError as refusal:
        return _progress(mine, faults=[("photos", f"{refusal.detail}{refusal.remedy}")])
    return RedirectResponse(done.leads_to, 303)


@router.get(f"{HERE}/erasure", openapi_extra={"x-operation": Operation.ASK_FOR_ERASURE})
def ask_before_erasing(mine: FollowerDep) -> Response:
    return page(mine.guest.request, "public_erasure.html")


@router.post(f"{HERE}/erasure", openapi_extra={"x-operation": Operation.ASK_FOR_ERASURE})
def erase(mine: FollowerDep, form: Sent) -> Response:
    with _acting(mine, form, Operation.ASK_FOR_ERASURE) as done:
        source = sources.of_code(done.session, mine.code)
        public_reports.ask_for_erasure(done.session, source, by=done.by, at=done.at)
        done.leads_to = f"{HERE}?done=erased"
    return RedirectResponse(done.leads_to, 303)


@router.post(f"{HERE}/reward-token", openapi_extra=FOLLOW)
def draw(mine: FollowerDep, form: Sent) -> Response:
    """The token is shown on this page and never again; the same form sent twice shows it twice."""
    guest = mine.guest
    key = text_of(form, "key").encode()
    token = codes.draw(guest.secret, b"reward", codes.hash_of(mine.code).encode(), key)
    try:
        with _acting(mine, form, Operation.FOLLOW_OWN_REPORT) as done:
            source = sources.of_code(done.session, mine.code)
            rewards.draw_token(done.session, source, token=token, by=done.by, at=done.at)
            done.leads_to = HERE
    except Replayed:
        pass
    except DomainError as refusal:
        return _progress(mine, faults=[("", f"{refusal.detail}{refusal.remedy}")])
    with guest.looking() as session:
        try:
            amount = rewards.of_token(session, token).amount_yuan
        except NotFound:
            return RedirectResponse(HERE, 303)  # drawn anew meanwhile
    return page(guest.request, "public_reward.html", token_drawn=token, amount=amount)


Service = Callable[..., Any]


def _write(mine: Follower, form: FormData, name: str, service: Service) -> Response:
    """Hand on what was typed; a refusal leaves it where it was typed."""
    typed = text_of(form, name)
    try:
        body = ReporterText(text=typed.replace("\r\n", "\n"))
    except ValidationError:
        fault = mine.guest.say("请填写2到4000字")
        return _progress(mine, faults=[(name, fault)], typed={name: typed[:_MOST_TYPED]})
    try:
        with _acting(mine, form, Operation.ADD_TO_OWN_REPORT) as done:
            source = sources.of_code(done.session, mine.code)
            service(done.session, mine.guest.ring, source, body.text, by=done.by, at=done.at)
            done.leads_to = f"{HERE}?done={name}"
    except DomainError as refusal:
        return _progress(mine, faults=[(name, f"{refusal.detail}{refusal.remedy}")], typed={name: typed})
    return RedirectResponse(done.leads_to, 303)


def _message(session: Session, ring: Keyring, source: Any, text: str, *, by: Actor, at: datetime) -> str:  # noqa: ARG001  # nobody
    return relay.put(session, ring, source, MessageKind.MESSAGE, text, officer=None, at=at)


def _acting(mine: Follower, form: FormData, operation: Operation, *, beside: str = "") -> Any:
    return act(mine.guest.as_holder(mine.code), form, operation, blind=mine.guest.secret, beside=beside)


def _progress(
    mine: Follower, *, done: str = "", faults: Sequence[Fault] = (), typed: Mapping[str, str] | None = None
) -> Response:
    guest = mine.guest
    with guest.looking() as session:
        found = following.follow(session, mine.code)
        said = relay.messages(session, guest.ring, sources.of_code(session, mine.code), tuple(MessageKind))
    response = page(
        guest.request, "public_follow.html", status=422 if faults else 200, found=found, messages=said, done=done,
        kinds=KINDS, faults=list(faults), typed=typed or {},
    )  # fmt: skip
    _keep(response, guest, mine.code)
    return response


def _code_of(guest: Guest) -> str:
    text = guest.request.cookies.get(cookies.FOLLOW, "")
    found = sealed.opened(guest.held.settings.key_dir, text, to="follow", at=guest.at) if text else None
    return str(found or "")


def _keep(response: Response, guest: Guest, code: str) -> None:
    """The code at hand for the next page, sealed, and for minutes only."""
    value = sealed.closed(guest.held.settings.key_dir, code, to="follow", until=guest.at + _FOR)
    cookies.put(response, cookies.FOLLOW, value, seconds=int(_FOR.total_seconds()))
