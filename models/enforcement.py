"""What the law asks before a measure of enforcement 执法措施. Pure; a person decides, the system reminds."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

POWER_CUT_NOTICE = timedelta(hours=24)
_THREE_WITHIN, _FOUR_WITHIN = timedelta(days=180), timedelta(days=365)


def closure_ground(penalties: Iterable[date], on: date) -> str:
    """Why the closure of a unit may be proposed on this day by the penalties it received; empty when not.

    Three within 180 days, or four within a year, the day itself included.

    Source: 安全生产法 第一百一十三条第一项.
    """
    days = [day for day in penalties if day <= on]
    if sum(day > on - _THREE_WITHIN for day in days) >= 3:
        return "180日内受到3次行政处罚"
    if sum(day > on - _FOUR_WITHIN for day in days) >= 4:
        return "一年内受到4次行政处罚"
    return ""


def may_cut_power(notices: Iterable[datetime], at: datetime, *, cuts: int, emergency: bool) -> bool:
    """Power may be cut 24 hours after a written notice; at once only where lives are in danger. Each of the `cuts` made
    before took a notice of its own.

    Source: 安全生产法 第七十条第一款.
    """
    return emergency or sum(notice + POWER_CUT_NOTICE <= at for notice in notices) > cuts
