"""Every error as a page in plain Chinese: what is wrong, which rule says so, what to do next."""

import logging
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, Response

from models.errors import DomainError, NotAuthenticated
from web import returning
from web.acting import Replayed
from web.cookies import SESSION, drop
from web.desk import Unfinished
from web.guards import HEADERS, too_large
from web.proving import ToProve
from web.rendering import page
from web.signing_in import sign_in_page

log = logging.getLogger("hazardflow.web")
_TITLES = {404: "没有这个页面", 405: "不能这样打开这个页面", 400: "内容不能识别", 413: "内容过大"}
_REMEDIES = {404: "请核对地址，或从待办、台账中打开。"}


def install(pages: FastAPI) -> None:
    pages.add_exception_handler(DomainError, _domain)
    pages.add_exception_handler(HTTPException, _http)
    pages.add_exception_handler(RequestValidationError, _unreadable)
    pages.add_exception_handler(DataError, _unreadable)
    pages.add_exception_handler(OperationalError, _database)
    pages.add_exception_handler(Replayed, _replay)
    pages.add_exception_handler(ClientDisconnect, _broken_off)
    pages.add_exception_handler(Unfinished, _to_finish)
    pages.add_exception_handler(ToProve, _to_prove)
    pages.add_exception_handler(Exception, _unexpected)


async def _to_finish(_request: Request, _error: Exception) -> Response:
    return RedirectResponse("/account/unfinished", 303)


async def _to_prove(_request: Request, wanted: Exception) -> Response:
    assert isinstance(wanted, ToProve)  # noqa: S101  # registered for this class
    return wanted.answer


async def _broken_off(request: Request, _error: Exception) -> Response:
    """Nobody is there any more, or the body limit has stopped reading."""
    return too_large(request)


async def _replay(_request: Request, replayed: Exception) -> Response:
    assert isinstance(replayed, Replayed)  # noqa: S101  # registered for this class
    return RedirectResponse(replayed.leads_to, 303)


async def _domain(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)  # noqa: S101  # registered for this class
    if isinstance(error, NotAuthenticated):
        ended = request.method == "POST" and SESSION in request.cookies
        return await _typed_too_late(request) if ended else _to_sign_in(request)
    return refused(request, error)


def refused(request: Request, error: DomainError) -> Response:
    return page(request, "error.html", status=error.status, title=error.title, detail=error.detail, rule=error.rule,
                remedy=error.remedy, typed=error.extra.get("typed", ()))  # fmt: skip


async def _typed_too_late(request: Request) -> Response:
    """The session ended while somebody typed: nothing was done, which is said; the text goes through the sign-in."""
    typed = ""
    if returning.is_kept(request):
        async with request.form() as form:
            typed = await run_in_threadpool(returning.closed, request, request.app.state.office, form)
    return sign_in_page(request, status=401, typed=typed, ended=True)


def _to_sign_in(request: Request) -> Response:
    """To the sign-in, and back to where one was: only a page one can open again."""
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = f"?next={quote(target)}" if request.method == "GET" and target != "/" else ""
    response = RedirectResponse(f"/sign-in{back}", 303)
    if SESSION in request.cookies:
        drop(response, SESSION)
    return response


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class
    title = _TITLES.get(error.status_code, "请求不能处理")
    return page(request, "error.html", status=error.status_code, title=title, detail="",
                rule="", remedy=_REMEDIES.get(error.status_code, "请返回上一页重试。"))  # fmt: skip


async def _unreadable(request: Request, _error: Exception) -> Response:
    return page(request, "error.html", status=422, title="填写有误", detail="地址或内容不能识别。", rule="",
                remedy="请从待办或台账中重新打开。")  # fmt: skip


async def _database(request: Request, error: Exception) -> Response:
    log.error("database unavailable: %s", type(getattr(error, "orig", error)).__name__)
    return page(request, "error.html", status=503, title="数据库暂时不可用", detail="数据库繁忙或没有响应，本次操作没有生效。",
                rule="", remedy="请稍后重试，重复提交只算一次。")  # fmt: skip


async def _unexpected(request: Request, error: Exception) -> Response:
    """Answered outside every middleware, so it brings the headers along itself."""
    log.exception("unexpected error at %s %s", request.method, request.url.path, exc_info=error)
    response = page(request, "error.html", status=500, title="程序出错", detail="本次操作没有生效。", rule="",
                    remedy="请稍后重试；仍不行请联系系统管理员。")  # fmt: skip
    response.headers.update(HEADERS)
    return response
