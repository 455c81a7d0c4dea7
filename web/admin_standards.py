"""判定标准: the clauses that apply on a day, and a new edition, pasted from a table, put before a second person."""

import re
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.responses import Response

from models.edition import EditionBody
from models.errors import InvalidInput
from models.forms.fields import Line
from models.limits import ZONE
from models.permissions import Operation
from models.proposal import ActKind
from services import access, standards
from web.acting import Act
from web.desk import Here, HereDep, Sent
from web.fields import fields_of
from web.listing import Cell, Filter, Listing, show, tag
from web.office_paper import OfficePaper
from web.second_person import put_forward

router = APIRouter()
EDIT = {"x-operation": Operation.EDIT_STANDARDS}
PAGE = 50
COLUMNS = ("代码", "行业领域", "内容", "生效", "核对")
ADDING = (("/admin/standards/new", "登记新版标准"),)
_COLUMN = re.compile(r"\t|｜|\|")
Asked = Annotated[str, Query(max_length=100)]


class EditionForm(BaseModel):
    """An edition as an official has it: its table pasted as it is."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    title: Line = Field(title="标准名称")
    doc_no: Line = Field(title="文号")
    effective_on: date = Field(title="生效日期")
    clauses: Annotated[str, StringConstraints(min_length=2, max_length=200_000)] = Field(
        title="条款",
        description="每行一条：代码、行业领域、内容概述，三列之间用制表符或“|”隔开；可从表格中直接复制粘贴",
    )
    verified: bool = Field(title="以上条款是否都已与正式文本核对")
    repeals: tuple[Line, ...] = Field(default=(), max_length=500, title="同时废止的旧条款代码")
    source: Line = Field(title="依据")


@router.get("/admin/standards", openapi_extra={"x-operation": Operation.READ_REFERENCE})
def listing(
    visit: HereDep, on: Asked = "", sector: Asked = "", text: Asked = "", start: Annotated[int, Query(ge=0, le=100_000)] = 0
) -> Response:  # fmt: skip
    access.require(visit.by, Operation.READ_REFERENCE)
    day = _day(on) or visit.at.astimezone(ZONE).date().isoformat()
    with visit.looking() as session:
        rows = standards.in_force(session, on=day, sector=sector.strip(), text=text.strip())
    lines = [
        (Cell(row.code), Cell(row.sector), Cell(row.text, f"{row.title} {row.doc_no}"), Cell(row.effective_on or "—", row.repealed_on or ""),
         tag("green", "已核对") if row.verified else tag("amber", "待核对"))
        for row in rows[start:start + PAGE]
    ]  # fmt: skip
    asked = {name: value for name, value in (("on", on), ("sector", sector), ("text", text)) if value}
    more = f"/admin/standards?{urlencode(asked | {'start': start + PAGE})}" if len(rows) > start + PAGE else ""
    return show(visit, Listing(
        title="判定标准", columns=COLUMNS, rows=lines, back="/admin" if visit.by.grant_for(Operation.VIEW_DELIVERIES) else "", more=more,
        lead=visit.say("%(day)s 适用的条款共 %(n)s 条。认定以隐患发现之日适用的条款为准，内容为概述，以正式文本为准。", day=day, n=len(rows)),
        links=ADDING if visit.by.grant_for(Operation.EDIT_STANDARDS) else (),
        filters=(Filter("text", "内容", text), Filter("sector", "行业领域", sector), Filter("on", "适用日期", day, kind="date")),
        empty="没有符合条件的条款。",
    ))  # fmt: skip


@router.get("/admin/standards/new", openapi_extra=EDIT)
def ask(visit: HereDep) -> Response:
    return _paper(visit).ask()


@router.post("/admin/standards/new", openapi_extra=EDIT)
def propose(visit: HereDep, form: Sent) -> Response:
    def do(done: Act, body: Any) -> None:
        put_forward(done, visit.request, ActKind.EDIT_STANDARDS, _edition(body).model_dump(mode="json"))

    return _paper(visit).take(form, do)


def _paper(visit: Here) -> OfficePaper:
    return OfficePaper(
        visit, Operation.EDIT_STANDARDS, title="登记新版标准", action="/admin/standards/new", model=EditionForm,
        fields=fields_of(EditionForm, {}), back="/admin/standards", button="提出",
        lead="新版标准加在旧版旁边，已有条款不改动；废止的旧条款到生效日为止。须由另一人批准后生效。",
    )  # fmt: skip


def _edition(form: EditionForm) -> EditionBody:
    """Raises: InvalidInput naming the line."""
    lines = [line for line in form.clauses.splitlines() if line.strip()]
    rows = [_clause(number, line, verified=form.verified) for number, line in enumerate(lines, 1)]
    beside = form.model_dump(include={"title", "doc_no", "effective_on", "source"})
    try:
        return EditionBody.model_validate({**beside, "clauses": rows, "repeals": list(form.repeals)})
    except ValidationError as wrong:
        place = wrong.errors()[0]["loc"]
        number = place[1] + 1 if len(place) > 1 and isinstance(place[1], int) else len(rows)
        raise _unreadable(f"第{number}行有一列是空的或过长；一版最多500条") from wrong


def _clause(number: int, line: str, *, verified: bool) -> dict[str, Any]:
    parts = [part.strip() for part in _COLUMN.split(line, maxsplit=2)]
    if len(parts) != 3:
        raise _unreadable(f"第{number}行不是三列：{line.strip()[:30]}")
    return {"code": parts[0], "sector": parts[1], "text": parts[2], "verified": verified}


def _unreadable(what: str) -> InvalidInput:
    return InvalidInput(
        f"{what}。",
        rule="每行一条，三列",
        remedy="请按提示修改。",
        extra={"errors": [{"field": "clauses", "message": what}]},
    )


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        return ""
