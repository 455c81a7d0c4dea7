"""How the installation is doing, in words that say what it means for the office."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from models import Policy
from models.outbox import NoticeState
from models.standard import PolicyKind
from models.tables import AUDIT_EVENT, AUDIT_LEAF, DEADLINE, HAZARD, NOTICE
from services import inbox, incidents, outbox, policies, set_up, sweeping


class Finding(NamedTuple):
    """Something that is not as it should be, and what that means."""

    what: str
    means: str
    stops_decisions: bool = False


def of_database(session: Session, *, at: datetime, oldest_message: timedelta) -> list[Finding]:
    found: list[Finding] = []
    count, since = outbox.waiting(session)
    if since is not None and at - since > oldest_message:
        found.append(
            Finding(
                f"有{count}条消息等待处理，最早一条已等{_minutes(at - since)}分钟", "通知和督办会晚到，决定不受影响"
            )
        )
    if dead := session.execute(select(func.count()).where(NOTICE.c.state == NoticeState.DEAD)).scalar_one():
        found.append(Finding(f"有{dead}条通知未能送达", "请查看通知送达情况并重发"))
    found += of_sweep(session, at=at)
    if count := incidents.open_count(session):
        found.append(Finding(f"有{count}项异常待处理", "请系统管理员在异常列表中查看并处理"))
    found += _calendar(session, at)
    if set_up.is_set_up(session):
        found.append(
            Finding("初装模式：只有一名系统管理员", "授予角色和配置渠道暂不须另一人批准；请尽快授予第二名系统管理员")
        )
    return found


def of_processes(run_dir: Path) -> list[Finding]:
    """Children of `hazardflow up` that are not running, as their supervisor wrote it down."""
    try:
        states: dict[str, dict[str, Any]] = json.loads((run_dir / "processes.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    meanings = {
        "prefect": "流程改为不经Prefect直接执行",
        "worker": "定时补办的任务暂停",
        "dispatcher": "通知和督办暂停，恢复后补办",
    }
    return [
        Finding(f"进程 {name} 未运行（{state['state']}）", meanings.get(name, "部分功能暂停"))
        for name, state in states.items()
        if state["state"] != "running"
    ]


def of_prefect(run_dir: Path) -> list[Finding]:
    """Whether flows run without Prefect, as the dispatcher of this machine wrote it down."""
    try:
        mode: dict[str, bool] = json.loads((run_dir / "prefect.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    if not mode.get("untracked"):
        return []
    return [Finding("Prefect 没有响应", "后续事项不经 Prefect 直接办理，通知和督办照常，只是 Prefect 页面上没有记录")]


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
        return [Finding("督办巡查尚未运行过", means)]
    return [Finding(f"督办巡查已{_minutes(silent)}分钟没有完成", means)] if silent > sweeping.SILENT_AFTER else []


def _calendar(session: Session, at: datetime) -> list[Finding]:
    newest = select(func.max(col(Policy.version))).where(col(Policy.kind) == PolicyKind.CALENDAR)
    version = session.execute(newest).scalar_one()
    if version is None:
        return [Finding("没有工作日历", "不能计算期限，请运行 hazardflow migrate", stops_decisions=True)]
    ahead = (at + timedelta(days=60)).year
    if ahead in policies.calendar(session, version).years:
        return []
    return [
        Finding(
            f"{ahead}年的节假日安排尚未录入",
            f"落在{ahead}年的期限为暂定，公布后须由镇安委办录入、另一人批准，并逐项复核",
        )
    ]


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
