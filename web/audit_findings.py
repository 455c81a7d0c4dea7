"""What an auditor looks at first: downgrades, waivers, voided entries, corrections and decisions taken back."""

import json
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from models.decisions import DecisionCode
from models.forms.review import Checklist
from services import findings
from services.findings import Finding
from services.keyset import position
from web.auditor import RIGHT
from web.desk import Here
from web.listing import Cell, Listing, link, show, when, word
from web.paging import next_page
from web.proving import AuditDep

router = APIRouter()
PAGE = 50
TITLES = {
    Finding.DOWNGRADES: "降级和不予受理", Finding.WAIVERS: "免除清单项目", Finding.VOIDS: "作废误录", Finding.CORRECTIONS: "更正和撤回",
}  # fmt: skip
COLUMNS = ("时间", "隐患", "决定", "人员", "理由")
_WORDS = ("reason", "comment", "opinion", "explanation", "basis", "clarification")


@router.get("/audit/downgrades", openapi_extra=RIGHT)
def downgrades(visit: AuditDep, cursor: str = "") -> Response:
    return _decisions(visit, Finding.DOWNGRADES, cursor)


@router.get("/audit/waivers", openapi_extra=RIGHT)
def waivers(visit: AuditDep, cursor: str = "") -> Response:
    return _decisions(visit, Finding.WAIVERS, cursor)


@router.get("/audit/voids", openapi_extra=RIGHT)
def voids(visit: AuditDep, cursor: str = "") -> Response:
    return _decisions(visit, Finding.VOIDS, cursor)


@router.get("/audit/corrections", openapi_extra=RIGHT)
def corrections(visit: AuditDep, cursor: str = "") -> Response:
    return _decisions(visit, Finding.CORRECTIONS, cursor)


def _decisions(visit: Here, finding: Finding, cursor: str) -> Response:
    place = position(cursor, findings.Position)
    with visit.looking() as session:
        rows = findings.decisions(session, finding, by=visit.by, after=place, limit=PAGE + 1)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    lines = [
        (when(row.decided_at), link(f"/hazards/{row.no}#event-{row.seq}", row.no, row.place), word(DecisionCode(row.code).label),
         Cell(row.name or "—", row.unit or ""), Cell(_reason(visit, finding, row.form)))
        for row in rows[:PAGE]
    ]  # fmt: skip
    return show(visit, Listing(
        title=TITLES[finding], columns=COLUMNS, rows=lines, back="/audit",
        more=next_page(visit.request, last.decided_at, last.id) if last else "",
    ))  # fmt: skip


def _reason(visit: Here, finding: Finding, form: str) -> str:
    if finding == Finding.WAIVERS:
        titles = {name: visit.say(info.title or name) for name, info in Checklist.model_fields.items()}
        return visit.say("；").join(f"{titles.get(name, name)}：{why}" for name, why in findings.waivers_of(form))
    told: dict[str, Any] = json.loads(form)
    return next((str(told[name]) for name in _WORDS if told.get(name)), "—")
