"""Which version of the rules, ladder and calendar applies, and what it says. Versions never change."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import func, select
from sqlmodel import Session, col

from models import Policy
from models.calendar import WorkCalendar
from models.errors import RuleUnknown
from models.ladder import Ladder
from models.rules import DeadlineRules
from models.standard import PolicyKind

Parsed = TypeVar("Parsed")
_PARSED: WeakKeyDictionary[object, dict[tuple[str, int], Any]] = WeakKeyDictionary()


class Versions(NamedTuple):
    """The versions a hazard is opened under and keeps."""

    rules: int
    ladder: int
    calendar: int


def newest(session: Session) -> Versions:
    """The versions in force now; a new hazard runs under them to its end."""
    rows = session.execute(select(col(Policy.kind), func.max(col(Policy.version))).group_by(col(Policy.kind))).all()
    found: Mapping[str, int] = {row[0]: row[1] for row in rows}
    missing = [kind for kind in PolicyKind if kind not in found]
    if missing:
        raise RuleUnknown(f"缺少规则：{'、'.join(missing)}。", remedy="请运行 hazardflow migrate。")
    return Versions(found[PolicyKind.RULES], found[PolicyKind.LADDER], found[PolicyKind.CALENDAR])


def newest_of(session: Session, kind: PolicyKind) -> int:
    return session.execute(select(func.max(col(Policy.version))).where(col(Policy.kind) == kind)).scalar_one()


def rules(session: Session, version: int) -> DeadlineRules:
    return _parsed(session, PolicyKind.RULES, version, DeadlineRules.from_body)


def ladder(session: Session, version: int) -> Ladder:
    return _parsed(session, PolicyKind.LADDER, version, Ladder.from_body)


def calendar(session: Session, version: int) -> WorkCalendar:
    return _parsed(session, PolicyKind.CALENDAR, version, WorkCalendar.from_body)


def add_version(session: Session, kind: PolicyKind, body: Mapping[str, Any], *, source: str, at: datetime) -> int:
    """Store the next version of a policy; hazards under earlier versions keep theirs."""
    last = session.execute(select(func.max(col(Policy.version))).where(col(Policy.kind) == kind)).scalar_one()
    version = (last or 0) + 1
    text = json.dumps(body, ensure_ascii=False, sort_keys=True)
    session.add(Policy(kind=kind, version=version, body=text, source=source, created_at=at))
    session.flush()
    return version


def _parsed(session: Session, kind: str, version: int, parse: Callable[[str, Mapping[str, Any]], Parsed]) -> Parsed:
    """Read once per process and database: versions are immutable."""
    engine = session.get_bind().engine
    cache = _PARSED.setdefault(engine, {})
    if (kind, version) not in cache:
        body = session.execute(
            select(col(Policy.body)).where(col(Policy.kind) == kind, col(Policy.version) == version)
        ).scalar_one_or_none()
        if body is None:
            raise RuleUnknown(f"找不到{kind}的第{version}版。", remedy="请运行 hazardflow migrate，或联系系统管理员。")
        cache[kind, version] = parse(str(version), json.loads(body))
    return cache[kind, version]
