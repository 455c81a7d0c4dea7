"""The exported ledger holds what the list holds, all of it, and nothing a spreadsheet would run."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlmodel import Session

from handling import take
from models.decisions import DecisionCode as D
from models.stage import Step
from office_api import Caller, assert_refused
from services.ledger_export import LEDGER, LIMITS, safe
from services.ledger_rows import COLUMNS
from town import Town, carry_to, report

NO, DESCRIPTION = COLUMNS.index("隐患编号"), COLUMNS.index("隐患描述")


def sheet(caller: Caller, name: str = LEDGER, **filters: Any) -> list[list[Any]]:
    """The rows between the head and the count."""
    answer = caller.get("/hazards/export", params=filters)
    assert answer.status_code == 200, answer.text
    head, *rows, last = CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_name(name).to_python()
    assert last[0] == f"共{len(rows)}条"
    assert all(head)
    return rows


@pytest.mark.parametrize(
    "filters", [{}, {"stage": "RECTIFICATION"}, {"text": "造粒"}, {"text": "没有这样的"}, {"overdue": True}]
)
def test_the_same_filters_give_the_list_and_the_file(
    session: Session, town: Town, people: dict[str, Caller], filters: dict[str, Any]
):
    carry_to(session, town, Step.WORK)
    for place in ("某某村1组造粒车间", "仓库二层"):
        report(session, town, place=place)
    session.commit()

    listed = [row["no"] for row in people["clerk"].get("/hazards", params=filters | {"limit": 200}).json()["items"]]

    assert [row[NO] for row in sheet(people["clerk"], **filters)] == listed[::-1]


def test_a_department_exports_what_it_may_see(session: Session, town: Town, people: dict[str, Caller]):
    hazard, other = carry_to(session, town, Step.WORK), report(session, town)
    session.commit()

    assert {row[NO] for row in sheet(people["officer"])} >= {hazard.no}
    assert other.no not in {row[NO] for row in sheet(people["other_officer"])}
    assert [row[0] for row in sheet(people["officer"], LIMITS)] == [hazard.no]


def test_the_file_says_who_supervises_and_what_may_come_of_it(session: Session, town: Town, people: dict[str, Caller]):
    hazard = carry_to(session, town, Step.ASSIGN, consequence="粉尘爆炸")
    by_another = {"supervising_unit": "JFB", "cooperating_units": (), "leader": town.persons["leader"].id}
    take(session, town, hazard, D.ASSIGN, "clerk", **by_another)
    carry_to(session, town, Step.GATE)
    session.commit()

    other, plain = (dict(zip(COLUMNS, row, strict=True)) for row in sheet(people["clerk"]))

    assert (other["督办单位"], other["牵头单位"], other["可能后果"]) == ("经发办", "应急办", "粉尘爆炸")
    assert (plain["督办单位"], plain["牵头单位"], plain["可能后果"]) == ("应急办", "应急办", "")
    assert all(plain[title] for title in ("地址/镇村", "整改措施", "安全措施和应急预案", "整改期限", "验收结论"))


@pytest.mark.parametrize("who", ["principal", "admin"])
def test_who_holds_no_export_gets_none(session: Session, town: Town, people: dict[str, Caller], who: str):
    report(session, town)
    session.commit()

    assert_refused(people[who].get("/hazards/export"), 403, "not-permitted")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_words_that_look_like_a_formula_stay_words(session: Session, town: Town, people: dict[str, Caller], start: str):
    words = f"{start}cmd|' /C calc'!A0 造粒设备前无铁石去除装置"
    report(session, town, description=words)
    session.commit()

    [row] = sheet(people["clerk"])

    assert row[DESCRIPTION] == words.strip() if start.isspace() else row[DESCRIPTION] == f"'{words}"


@given(st.text())
def test_no_cell_begins_a_formula(text: str):
    assert not safe(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_the_file_is_gone_once_it_is_sent(
    session: Session, town: Town, people: dict[str, Caller], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    report(session, town)
    session.commit()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    sheet(people["clerk"])

    assert list(tmp_path.glob("hazardflow-export-*")) == []
