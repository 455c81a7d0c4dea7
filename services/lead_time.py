"""When an extension is asked for at the latest, so that it can be decided before the limit (延期申请提前量)."""

from datetime import datetime, timedelta

from sqlmodel import Session

from models.calendar import WorkCalendar
from models.errors import GateNotMet
from models.forms.requests import ExtensionRequest
from models.hazard import Hazard
from models.limits import ZONE, add_working_days
from models.stage import Clock
from services import clocks, policies

_LONG = timedelta(days=60)
_SHARE = 0.2
"""Of a short limit, what must be left at least."""


def refuse_late(session: Session, hazard: Hazard, form: ExtensionRequest, *, at: datetime) -> None:
    """An extension asked for in the last days of the limit says why so late; whoever decides it reads that first.

    Source: 青岛市安全生产事故隐患“3+X”挂牌督办暂行制度（2012）.

    Another city's, 20 working days; short limits are this
    system's default, to be confirmed by the committee office.

    Raises: GateNotMet, naming the last day.
    """
    running = clocks.live(session, hazard.id, Clock.RECTIFICATION)
    if running is None or form.late_reason:
        return
    is_long = running.due_at - running.start_at >= _LONG
    _, lead, _ = clocks.limit_of(session, hazard, "extension_lead" if is_long else "short_extension_lead")
    calendar = policies.calendar(session, running.calendar_version)
    latest = latest_time(running.start_at, running.due_at, lead.number, calendar, share=0 if is_long else _SHARE)
    if at > latest:
        raise GateNotMet(
            f"延期申请最迟应在{latest.astimezone(ZONE):%Y-%m-%d}前提出。", rule=f"延期须提前申请（{lead.basis}）",
            remedy="确需延期的，请写明迟报的原因。",
            extra={"errors": [{"field": "late_reason", "message": "已过提前申请的期限，请写明迟报原因"}]},
        )  # fmt: skip


def latest_time(start: datetime, due: datetime, working_days: int, calendar: WorkCalendar, *, share: float) -> datetime:
    """So many working days before the limit ends, and no later than with this share of the limit left."""
    return min(add_working_days(due, -working_days, calendar), due - (due - start) * share)
