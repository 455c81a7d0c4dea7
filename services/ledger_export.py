"""The ledger as a workbook 台账导出 (xlsx): what is on the screen's list, all of it, and every rectification limit.

Two sheets: 台账, in the column order of the paper ledger, and 整改期限, one row for each limit of each cycle, from which
the rate on time can be counted again. The last row of each says how many there are; nothing is cut off silently.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from models import Enterprise, Person, StandardClause, Unit
from models.actor import Actor
from models.hazard import Channel, Grade, ListingLevel
from models.limits import ZONE
from models.operations import Operation
from models.stage import Clock, Stage
from models.tables import DEADLINE, HAZARD
from services import access, on_time, register

LEDGER, LIMITS = "台账", "整改期限"
LEDGER_COLUMNS = (
    "序号", "隐患编号", "排查时间", "来源渠道", "企业名称", "统一社会信用代码", "行业领域", "隐患部位", "隐患描述",
    "判定依据", "隐患等级", "牵头单位", "责任领导", "办理环节", "当前期限", "临时管控措施", "是否挂牌", "延期次数", "是否销号",
    "销号时间", "逾期",
)  # fmt: skip
LIMIT_COLUMNS = ("隐患编号", "轮次", "起算时间", "整改期限", "整改完成时间", "是否按期")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_GRADES = {Grade.MAJOR: "重大", Grade.GENERAL: "一般", Grade.NOT_HAZARD: "不属隐患"}
_CHANNELS = {
    Channel.SELF_REPORT: "企业自查上报",
    Channel.INSPECTION: "督导检查发现",
    Channel.PUBLIC_REPORT: "群众举报核查",
}
_LISTED = {ListingLevel.NONE: "否"}
_PAGE = 2000


def write_ledger(session: Session, filters: register.Filters, path: Path, *, by: Actor, at: datetime) -> None:
    """Write what this actor may export, narrowed by `filters`, to `path`.

    Raises: NotPermitted.
    """
    import xlsxwriter  # noqa: PLC0415  # only who exports needs it

    access.require(by, Operation.EXPORT_LEDGER)
    plain = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), plain) as book:
        _fill(book.add_worksheet(LEDGER), LEDGER_COLUMNS, _ledger_rows(session, filters, by=by, at=at))
        _fill(book.add_worksheet(LIMITS), LIMIT_COLUMNS, _limit_rows(session, filters, by=by, at=at))


def safe(text: str) -> str:
    """A cell nobody's spreadsheet takes for a formula, also when the file is saved as CSV."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _fill(sheet: Any, columns: Sequence[str], rows: Iterable[Sequence[str | int]]) -> None:
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, columns)
    count = 0
    for count, row in enumerate(rows, 1):  # the last number is the count
        sheet.write_row(count, 0, [safe(cell) if isinstance(cell, str) else cell for cell in row])
    sheet.write_row(count + 1, 0, [f"共{count}条"])


def _ledger_rows(
    session: Session, filters: register.Filters, *, by: Actor, at: datetime
) -> Iterable[Sequence[str | int]]:
    for number, row in enumerate(_hazards(session, filters, by=by), 1):
        ended = row.closed_at is not None
        yield (
            number, row.no, _text(row.discovered_at), _CHANNELS[row.channel], row.enterprise or "",
            row.credit_code or "", row.sector, row.place, row.description, row.clause or "", _GRADES.get(row.grade, ""),
            row.lead_unit or "", row.leader or "", Stage(row.stage).label, _text(row.due_at), row.interim_control or "",
            _LISTED.get(row.listing_level, "是"), row.extensions, "是" if row.stage == Stage.CLOSED else "否",
            _text(row.closed_at), "是" if not ended and row.due_at is not None and row.due_at < at else "否",
        )  # fmt: skip


def _limit_rows(
    session: Session, filters: register.Filters, *, by: Actor, at: datetime
) -> Iterable[Sequence[str | int]]:
    chosen = select(HAZARD.c.id).where(*register.chosen(filters, by=by, operation=Operation.EXPORT_LEDGER))
    rows = select(DEADLINE).where(DEADLINE.c.clock == Clock.RECTIFICATION, DEADLINE.c.hazard_id.in_(chosen))
    numbers = {
        row.id: row.no for row in session.execute(select(HAZARD.c.id, HAZARD.c.no).where(HAZARD.c.id.in_(chosen)))
    }
    for limit in on_time.from_rows(session.execute(rows)):
        kept = on_time.rate([limit], at=at)
        verdict = "未到期" if not kept.counted else "是" if kept.on_time else "否"
        ended = limit.ended_at
        yield (
            numbers[limit.hazard_id],
            limit.cycle,
            limit.start_at.isoformat(),
            limit.due_at.isoformat(),
            (ended.isoformat() if ended else ""),
            verdict,
        )


def _hazards(session: Session, filters: register.Filters, *, by: Actor) -> Iterable[Any]:
    """Oldest first, read in pages: the list may be long."""
    statement = (
        select(
            HAZARD, col(Enterprise.name).label("enterprise"), col(Enterprise.credit_code).label("credit_code"),
            col(StandardClause.code).label("clause"), col(Unit.name).label("lead_unit"), col(Person.name).label("leader"),
        )
        .outerjoin(Enterprise, col(Enterprise.id) == HAZARD.c.enterprise_id)
        .outerjoin(StandardClause, col(StandardClause.id) == HAZARD.c.clause_id)
        .outerjoin(Unit, col(Unit.id) == HAZARD.c.lead_unit_id)
        .outerjoin(Person, col(Person.id) == HAZARD.c.leader_id)
        .where(*register.chosen(filters, by=by, operation=Operation.EXPORT_LEDGER))
        .order_by(HAZARD.c.reported_at, HAZARD.c.id)
    )  # fmt: skip
    return session.execute(statement.execution_options(yield_per=_PAGE))


def _text(moment: datetime | None) -> str:
    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") if moment else ""
