"""What somebody says happened, happened before now: the server's clock is the only one."""

from datetime import date, datetime

from models.errors import InvalidInput
from models.limits import ZONE


def refuse_ahead(when: datetime | date, at: datetime, *, field: str) -> None:
    """Raises: InvalidInput, naming the field, when the time or the local day lies ahead of `at`."""
    ahead = when > at if isinstance(when, datetime) else when > at.astimezone(ZONE).date()
    if ahead:
        raise InvalidInput(
            "所填时间晚于现在。", rule="时间以服务器时钟为准", remedy="请填写实际发生的时间。",
            extra={"errors": [{"field": field, "message": "不能晚于现在"}]},
        )  # fmt: skip


def refuse_past(on: date, at: datetime, *, field: str) -> None:
    """Raises: InvalidInput, naming the field, when a day that is to come is today or before."""
    if on <= at.astimezone(ZONE).date():
        raise InvalidInput(
            "所填日期已到或已过。", rule="期限不得设在过去", remedy="请填写明天以后的日期。",
            extra={"errors": [{"field": field, "message": "须晚于今天"}]},
        )  # fmt: skip
