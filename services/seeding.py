"""What a new installation starts with: version 1 of the policies, the judgement standards, the office's stream."""

import json
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session, col

from models import Policy, StandardClause
from models.audit import GENESIS, OFFICE
from models.calendar import chinese_calendar_body
from models.standard import PolicyKind
from models.tables import AUDIT_STREAM
from services import policies

_DATA = files("models") / "data"


def seed(session: Session, *, at: datetime) -> None:
    """Fill in what is missing; run again it changes nothing."""
    if session.execute(select(AUDIT_STREAM.c.stream).where(AUDIT_STREAM.c.stream == OFFICE)).first() is None:
        session.execute(insert(AUDIT_STREAM), {"stream": OFFICE, "seq": 0, "head": GENESIS})
    present = set(session.execute(select(col(Policy.kind))).scalars())
    for kind, (body, source) in _policies(present).items():
        policies.add_version(session, kind, body, source=source, at=at)
    _add_new_clocks(session, at=at)
    if session.execute(select(col(StandardClause.id)).limit(1)).first() is None:
        session.add_all(_clause(row) for row in read_data("standards.json"))
    session.flush()


def read_data(name: str) -> Any:
    return json.loads((_DATA / name).read_text(encoding="utf-8"))


def _policies(present: set[str]) -> Mapping[PolicyKind, tuple[Mapping[str, Any], str]]:
    default = "出厂默认，须由镇安委办核对确认"
    wanted: dict[PolicyKind, tuple[Mapping[str, Any], str]] = {}
    if PolicyKind.RULES not in present:
        wanted[PolicyKind.RULES] = (read_data("deadline_rules.json"), default)
    if PolicyKind.LADDER not in present:
        wanted[PolicyKind.LADDER] = (read_data("ladder.json"), default)
    if PolicyKind.CALENDAR not in present:
        body = chinese_calendar_body()
        wanted[PolicyKind.CALENDAR] = (body, body["source"])
    return wanted


def _add_new_clocks(session: Session, *, at: datetime) -> None:
    """A newer program knows clocks the office's rules do not: they come in as its next version, its own untouched."""
    newest = select(col(Policy.body)).where(col(Policy.kind) == PolicyKind.RULES).order_by(col(Policy.version).desc())
    body: dict[str, Any] = json.loads(session.execute(newest.limit(1)).scalar_one())
    known = {row["key"] for row in body["rules"]}
    missing = [row for row in read_data("deadline_rules.json")["rules"] if row["key"] not in known]
    if missing:
        source = f"程序升级新增{len(missing)}项时限（出厂默认，须由镇安委办核对确认），原有各项不变"
        policies.add_version(session, PolicyKind.RULES, body | {"rules": body["rules"] + missing}, source=source, at=at)


def _clause(row: Mapping[str, Any]) -> StandardClause:
    return StandardClause(
        code=row["code"], sector=row["sector"], title=row["standard_title"], doc_no=row["doc_no"],
        effective_on=row["effective"] or None, repealed_on=row.get("repealed"), text=row["item_zh_paraphrase"],
        verified=row["verified"], note=row["verify_note"], usable=row["code"].find("META") < 0,
    )  # fmt: skip
