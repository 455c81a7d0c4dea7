"""The ledger as a workbook 台账导出 (xlsx): what is on the screen's list, all of it, and every rectification limit.

Two sheets: 台账, in the column order of the paper ledger, and 整改期限, one row for each limit of each cycle, from which
the rate on time can be counted again. The last row of each says how many there are; nothing is cut off silently.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from models.actor import Actor
from models.operations import Operation
from models.stage import Clock
from models.tables import DEADLINE, HAZARD
from services import access, ledger_rows, on_time, register

LEDGER, LIMITS = "台账", "整改期限"
LIMIT_COLUMNS = ("隐患编号", "轮次", "起算时间", "整改期限", "整改完成时间", "是否按期")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


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
        _fill(book.add_worksheet(LEDGER), ledger_rows.COLUMNS, ledger_rows.rows(session, filters, by=by, at=at))
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
