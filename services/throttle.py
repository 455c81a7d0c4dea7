"""Rate limits for callers without an account, without knowing who they are; API and pages count together.

Counts live in this process's memory for one window. A caller's address is only ever a key of it, hashed under a salt
drawn for that window; when the window ends, salt and counts are gone. Nothing is written anywhere.
"""

import hashlib
import hmac
import os
from datetime import datetime, timedelta
from threading import Lock

from models.errors import TooManyAttempts

WINDOW = timedelta(minutes=5)
_REPORTS, _REPORTS_IN_ALL, _WRONG_CODES, _BY_CODE, _TRIES = 20, 600, 30, 120, 30
"""Per window: new reports by one caller and in all, wrong codes of one caller, requests under one code, tries at paying."""
_MOST_KEPT = 20_000


class Throttle:
    """Counts of one process. `most` is per window."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ends: datetime | None = None
        self._salt = b""
        self._counts: dict[bytes, int] = {}

    def count(self, what: str, whom: str, *, most: int, at: datetime) -> None:
        """Count one more of `what` by `whom`.

        Raises: TooManyAttempts, saying when the window ends.
        """
        with self._lock:
            ends = self._window(at)
            key = hmac.digest(self._salt, f"{what}\0{whom}".encode(), hashlib.sha256)
            seen = self._counts.get(key, 0)
            full = len(self._counts) >= _MOST_KEPT and not seen
            if seen >= most or full:
                raise _too_many(ends - at)
            self._counts[key] = seen + 1

    def report(self, whom: str, *, at: datetime) -> None:
        """One more report by this caller, and one more in all."""
        self.count("report", whom, most=_REPORTS, at=at)
        self.count("reports", "", most=_REPORTS_IN_ALL, at=at)

    def wrong_code(self, whom: str, *, at: datetime) -> None:
        self.count("wrong code", whom, most=_WRONG_CODES, at=at)

    def use_of_code(self, code_hash: str, *, at: datetime) -> None:
        self.count("code", code_hash, most=_BY_CODE, at=at)

    def wrong_finance_token(self, whom: str, *, at: datetime) -> None:
        self.count("finance", whom, most=_TRIES, at=at)

    def reward_token(self, whom: str, *, at: datetime) -> None:
        self.count("reward", whom, most=_TRIES, at=at)

    def _window(self, at: datetime) -> datetime:
        if self._ends is None or at >= self._ends:
            self._ends, self._salt, self._counts = at + WINDOW, os.urandom(32), {}
        return self._ends


def _too_many(left: timedelta) -> TooManyAttempts:
    seconds = max(1, int(left.total_seconds()))
    return TooManyAttempts(
        "提交过于频繁。",
        rule="防止滥用，不记录访问者",
        remedy=f"请{seconds}秒后重试。",
        extra={"retry_after_seconds": seconds},
    )
