"""How long before its limit an extension is asked for 延期申请的提前量: later the office could not decide in time."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.calendar import WorkCalendar
from models.errors import GateNotMet
from models.hazard import Hazard
from models.limits import ZONE, Limit, before
from models.stage import Clock
from services import clocks, policies

_SHARE = 0.2
"""Of a short limit, the part that must be left at least."""


def refuse_late(session: Session, hazard: Hazard, *, at: datetime) -> None:
    """An extension is asked for with the lead the rules give; one of a short limit besides with a fifth of it left.

    The 20 working days of a long limit are another town's rule, those of a short one this system's default.

    Source: 青岛市安全生产事故隐患“3+X”挂牌督办暂行制度（2012）.

    Raises: GateNotMet naming the last moment it could be asked for.
    """
    running = clocks.live(session, hazard.id, Clock.RECTIFICATION)
    if running is None:
        return
    lead, latest = latest_to_ask(session, hazard, running)
    if at <= latest:
        return
    share = f"，且不少于期限的{_SHARE:.0%}" if is_short(running) else ""
    raise GateNotMet(
        f"申请延期过迟：最迟应在{latest.astimezone(ZONE):%Y-%m-%d %H:%M}前申请（整改期限届满前{lead.number}{lead.unit.label}{share}）。",
        rule=f"时限规则“{_key(running)}”延期申请提前量（{lead.basis}）", remedy="请按期完成；有法定事由的，请镇安委办申请中止计时或超长期限。",
    )  # fmt: skip


def latest_to_ask(session: Session, hazard: Hazard, running: Any) -> tuple[Limit, datetime]:
    """The lead that applies to a running limit, and the last instant it leaves for asking."""
    lead = clocks.rule(session, hazard, _key(running))
    calendar: WorkCalendar = policies.calendar(session, running.calendar_version)
    latest = before(running.due_at, lead, calendar)
    if is_short(running):
        latest = min(latest, running.due_at - (running.due_at - running.start_at) * _SHARE)
    return lead, latest


def is_short(running: Any) -> bool:
    """Whether a running limit is shorter than what the rules call long (60 days)."""
    return (running.due_at - running.start_at).days < clocks.SHORT_LIMIT_DAYS


def _key(running: Any) -> str:
    return "short_extension_lead" if is_short(running) else "extension_lead"
