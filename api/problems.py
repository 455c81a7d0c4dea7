"""Every error as a problem document (RFC 9457), rendered in this one place."""

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException

from api.headers import SECURE
from models.errors import DomainError

log = logging.getLogger("hazardflow.api")
MEDIA_TYPE = "application/problem+json"
_HTTP_TITLES = {
    400: "请求内容不能识别", 404: "没有这个地址", 405: "不支持的请求方法", 413: "内容过大", 415: "不支持的内容类型",
}  # fmt: skip
_FAULTS = {
    "missing": "必填", "extra_forbidden": "没有这个字段", "string_too_short": "内容过短", "string_too_long": "内容过长",
    "json_invalid": "不是有效的JSON", "timezone_aware": "时间须带时区", "enum": "不在可选范围内",
    "int_parsing": "须为整数", "bool_parsing": "须为是或否", "date_from_datetime_parsing": "须为日期",
    "datetime_from_date_parsing": "须为带时区的时间", "datetime_parsing": "须为带时区的时间", "string_type": "须为文字",
    "string_unicode": "含有不能识别的字符", "string_pattern_mismatch": "格式或字符不符", "int_type": "须为整数",
    "int_from_float": "须为整数", "bool_type": "须为是或否", "datetime_type": "须为带时区的时间", "date_type": "须为日期",
    "date_parsing": "须为日期", "date_from_datetime_inexact": "须为日期", "tuple_type": "须为列表", "list_type": "须为列表",
    "dict_type": "须为一组字段", "model_type": "须为一组字段", "model_attributes_type": "须为一组字段（JSON对象）",
}  # fmt: skip
_FORM = "表单填写要求（/api/v1/openapi.json）"
_BOUNDS = {
    "greater_than_equal": ("ge", "不能小于"), "less_than_equal": ("le", "不能大于"),
    "too_short": ("min_length", "项数不能少于"), "too_long": ("max_length", "项数不能多于"),
}  # fmt: skip


def problem(
    status: int, slug: str, title: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: object
) -> JSONResponse:
    content: dict[str, Any] = {"type": f"/problems/{slug}", "title": title, "status": status, "detail": detail}
    content |= {name: value for name, value in members.items() if value}
    return JSONResponse(content, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def of(error: DomainError) -> JSONResponse:
    """A domain error as a problem: what is wrong, which rule says so, what to do next."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    if retry := error.extra.get("retry_after_seconds"):
        headers["Retry-After"] = str(retry)
    return problem(
        error.status,
        error.slug,
        error.title,
        error.detail,
        headers=headers,
        rule=error.rule,
        remedy=error.remedy,
        **error.extra,
    )


def install(app: FastAPI) -> None:
    app.add_exception_handler(DomainError, _domain)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DataError, _unstorable)
    app.add_exception_handler(OperationalError, _database)
    app.add_exception_handler(Exception, _unexpected)


async def _domain(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DomainError)  # noqa: S101  # registered for this class
    return of(error)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class
    errors = [{"field": _field(fault["loc"]), "message": _message(fault)} for fault in error.errors()]
    detail = "；".join(f"{fault['field']}：{fault['message']}" for fault in errors[:5])
    return problem(
        422, "invalid-input", "填写有误", f"{detail}。", rule=_FORM, remedy="请按提示更正后重新提交。", errors=errors
    )


def _field(place: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in place if part not in {"body", "query", "path", "header"}) or "body"


def _message(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    if bound := _BOUNDS.get(fault["type"]):
        return f"{bound[1]}{fault['ctx'][bound[0]]}"
    return _FAULTS.get(fault["type"], "填写不符合要求")


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class
    title = _HTTP_TITLES.get(error.status_code, "请求不能处理")
    return problem(
        error.status_code,
        "http",
        title,
        f"{title}。",
        headers=error.headers,
        remedy="请对照接口说明（/api/v1/openapi.json）核对地址、方法和内容。",
    )


async def _unstorable(_request: Request, _error: Exception) -> JSONResponse:
    return problem(
        422, "invalid-input", "填写有误", "含有数据库不能保存的字符或数值。", remedy="请去掉不可见字符后重新提交。"
    )


async def _database(_request: Request, error: Exception) -> JSONResponse:
    log.error("database unavailable: %s", type(getattr(error, "orig", error)).__name__)
    return busy()


def busy() -> JSONResponse:
    return problem(
        503, "database-busy", "数据库暂时不可用", "数据库繁忙或没有响应，本次操作没有生效。",
        headers={"Retry-After": "2"}, remedy="请稍后用同一幂等键重试。",
    )  # fmt: skip


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    """Answered outside every middleware, so it brings the headers along itself."""
    log.exception("unexpected error at %s %s", request.method, request.url.path, exc_info=error)
    return problem(
        500,
        "unexpected",
        "程序出错",
        "本次操作没有生效。",
        remedy="请稍后重试；仍不行请联系系统管理员。",
        headers=SECURE,
    )
