"""Wrong passwords and wrong codes of an account are counted together; after five it waits, longer each time."""

from datetime import datetime, timedelta

from sqlmodel import Session

from models import Account
from models.errors import TooManyAttempts
from services import trail

_FREE = 5
_FIRST_WAIT = timedelta(minutes=15)
_LONGEST_WAIT = timedelta(hours=24)
_MOST_DOUBLINGS = 10


def refuse_while_waiting(account: Account | None, *, at: datetime) -> None:
    """Raises: TooManyAttempts."""
    if account is None or account.wait_until is None or account.wait_until <= at:
        return
    raise TooManyAttempts(
        "该账号登录失败次数过多，暂时不能登录。", rule="连续失败5次后须等待", remedy="请稍后再试。",
        extra={"retry_after_seconds": int((account.wait_until - at).total_seconds()) + 1},
    )  # fmt: skip


def failed(session: Session, account: Account | None, what: str, *, at: datetime) -> None:
    """Count a wrong password or code. After five failures the account waits 15 minutes, doubling to a day, and is
    never locked for good. An unknown login has nothing to count on and leaves no event: the history names accounts.

    Source: GB/T 22239-2019 身份鉴别 (handling of failed logins).
    """
    if account is None:
        return
    account.failed_attempts += 1
    over = account.failed_attempts - _FREE
    wait = min(_FIRST_WAIT * 2 ** min(over, _MOST_DOUBLINGS), _LONGEST_WAIT) if over >= 0 else None
    account.wait_until = at + wait if wait else None
    session.add(account)
    session.flush()
    trail.append_office(session, "SIGN_IN_FAILED", by=None, at=at, facts={"account": account.id, "what": what})


def clear(session: Session, account: Account) -> None:
    account.failed_attempts, account.wait_until = 0, None
    session.add(account)
    session.flush()
