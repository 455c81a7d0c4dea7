"""How the installation is doing, in words that say what it means for the office."""

import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col

from models import Policy
from models.engine import reading
from models.outbox import NoticeState
from models.standard import PolicyKind
from models.tables import AUDIT_EVENT, AUDIT_LEAF, DEADLINE, HAZARD, NOTICE
from services import inbox, incidents, outbox, policies, set_up, sweeping

log = logging.getLogger("hazardflow.condition")
_LATE = timedelta(minutes=2)
"""A message that has waited so long is told."""


class Part(StrEnum):
    """What people come here for; each works or does not, whatever becomes of the others."""

    DECISIONS = "登录、办理和查询"
    NOTICES = "通知"
    SUPERVISION = "督办"
    SECOND_LINE = "流程记录和定时补办"
    OFFICE = "日常管理"
    """What waits for the administrators; nothing is down."""


class Finding(NamedTuple):
    """Something that is not as it should be, and what that means. Both texts with holes, filled by `facts`."""

    part: Part
    what: str
    means: str
    facts: Mapping[str, object] = {}
    stops_decisions: bool = False

    def told(self) -> Mapping[str, str]:
        return {"what": self.what % self.facts, "means": self.means % self.facts}


_PROCESSES = {
    "prefect": Finding(Part.SECOND_LINE, "流程记录（Prefect）没有运行", "后续事项不经它直接办理，只是没有流程记录；系统会重新启动它"),
    "worker": Finding(Part.SECOND_LINE, "定时补办（worker）没有运行", "定时补办暂停，其他照常；系统会重新启动它"),
    "dispatcher": Finding(Part.NOTICES, "派发（dispatcher）没有运行", "通知和督办暂停，恢复后补办；决定不受影响，系统会重新启动它"),
}  # fmt: skip


def findings(engine: Engine, run_dir: Path, *, at: datetime) -> list[Finding]:
    """Everything known, the gravest first; where the database cannot be asked, that and what the processes say."""
    try:
        with reading(engine) as session:
            found = of_database(session, at=at)
    except SQLAlchemyError as broken:
        log.error("database unavailable: %s", type(broken).__name__)
        means = "现在不能登录、办理和查询；已提交的事项都在，恢复后照常办理"
        found = [Finding(Part.DECISIONS, "数据库无法访问", means, stops_decisions=True)]
    found += of_processes(run_dir) + of_prefect(run_dir)
    return sorted(found, key=lambda one: (not one.stops_decisions, list(Part).index(one.part)))


def of_database(session: Session, *, at: datetime) -> list[Finding]:
    found: list[Finding] = []
    count, since = outbox.waiting(session)
    if since is not None and at - since > _LATE:
        what = "有%(n)s项后续事项等待办理，最早一项已等%(minutes)s分钟"
        facts = {"n": count, "minutes": _minutes(at - since)}
        found.append(Finding(Part.NOTICES, what, "通知和督办会晚到，决定不受影响", facts))
    if dead := session.execute(select(func.count()).where(NOTICE.c.state == NoticeState.DEAD)).scalar_one():
        found.append(Finding(Part.OFFICE, "有%(n)s条通知未能送达", "请查看通知送达情况并重发", {"n": dead}))
    found += of_sweep(session, at=at)
    if count := incidents.open_count(session):
        means = "请系统管理员在异常列表中查看并处理"
        found.append(Finding(Part.OFFICE, "有%(n)s项异常待处理", means, {"n": count}))
    found += _calendar(session, at)
    if set_up.is_set_up(session):
        means = "授予角色和配置渠道暂不须另一人批准；请尽快授予第二名系统管理员"
        found.append(Finding(Part.OFFICE, "初装模式：只有一名系统管理员", means))
    return found


def of_processes(run_dir: Path) -> list[Finding]:
    """Children of `hazardflow up` that are not running, as their supervisor wrote it down."""
    try:
        states: dict[str, dict[str, Any]] = json.loads((run_dir / "processes.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [_PROCESSES[name] for name, state in states.items() if state["state"] != "running" and name in _PROCESSES]


def of_prefect(run_dir: Path) -> list[Finding]:
    """Whether flows run without Prefect, as the dispatcher of this machine wrote it down."""
    try:
        mode: dict[str, bool] = json.loads((run_dir / "prefect.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    if not mode.get("untracked"):
        return []
    means = "后续事项不经 Prefect 直接办理，通知和督办照常，只是 Prefect 页面上没有记录"
    return [Finding(Part.SECOND_LINE, "Prefect 没有响应", means)]


def figures(session: Session, *, at: datetime) -> dict[str, float]:
    waiting, since = outbox.waiting(session)
    unsealed = select(func.count()).select_from(
        AUDIT_EVENT.outerjoin(AUDIT_LEAF, AUDIT_LEAF.c.gid == AUDIT_EVENT.c.gid)
    )
    return {
        "open_hazards": session.execute(select(func.count()).where(HAZARD.c.closed_at.is_(None))).scalar_one(),
        "overdue_work_items": inbox.overdue_count(session, at=at),
        "outbox_waiting": waiting,
        "outbox_oldest_seconds": (at - since).total_seconds() if since else 0,
        "notices_queued": session.execute(
            select(func.count()).where(NOTICE.c.state == NoticeState.QUEUED)
        ).scalar_one(),
        "notices_dead": session.execute(select(func.count()).where(NOTICE.c.state == NoticeState.DEAD)).scalar_one(),
        "audit_events_unsealed": session.execute(unsealed.where(AUDIT_LEAF.c.gid.is_(None))).scalar_one(),
        "deadlines_provisional": session.execute(
            select(func.count()).where(DEADLINE.c.provisional, DEADLINE.c.closed_at.is_(None))
        ).scalar_one(),
    }


def of_sweep(session: Session, *, at: datetime) -> list[Finding]:
    """Nobody has swept the ladder for five minutes, or ever."""
    silent = sweeping.silent_for(session, at=at)
    means = "逾期督办会晚到；到期情况不受影响，恢复后逐级补记"
    if silent is None:
        return [Finding(Part.SUPERVISION, "督办巡查尚未运行过", means)]
    if silent <= sweeping.SILENT_AFTER:
        return []
    return [Finding(Part.SUPERVISION, "督办巡查已%(minutes)s分钟没有完成", means, {"minutes": _minutes(silent)})]


def _calendar(session: Session, at: datetime) -> list[Finding]:
    newest = select(func.max(col(Policy.version))).where(col(Policy.kind) == PolicyKind.CALENDAR)
    version = session.execute(newest).scalar_one()
    if version is None:
        means = "不能计算期限，请运行 hazardflow migrate"
        return [Finding(Part.DECISIONS, "没有工作日历", means, stops_decisions=True)]
    ahead = (at + timedelta(days=60)).year
    if ahead in policies.calendar(session, version).years:
        return []
    means = "落在%(year)s年的期限为暂定，公布后须由镇安委办录入、另一人批准，并逐项复核"
    return [Finding(Part.OFFICE, "%(year)s年的节假日安排尚未录入", means, {"year": ahead})]


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
