"""Whether Prefect answers, and since when it does not; asked at most every few seconds."""

import json
import logging
import time
from pathlib import Path

import httpx

from settings import Settings

log = logging.getLogger("hazardflow.dispatcher")
_ASK_EVERY = 3.0
"""Seconds."""


class PrefectWatch:
    """Decides between a tracked run and the same functions untracked, and writes the mode down for /readyz."""

    def __init__(self, held: Settings):
        self.url = f"{held.prefect_url}/health"
        self.patience = held.prefect_down_seconds
        self.note = Path(held.data_dir) / "run" / "prefect.json"
        # One client for good: a new one loads the certificates anew, for a question asked every three seconds.
        self.client = httpx.AsyncClient(timeout=2, trust_env=False)
        self.up = False
        self.asked_at = 0.0
        self.down_since: float | None = time.monotonic()

    async def is_up(self) -> bool:
        if time.monotonic() - self.asked_at >= _ASK_EVERY:
            self._heard(await self._ask())
        return self.up

    def down_long_enough(self) -> bool:
        """Down for longer than the installation is willing to wait."""
        return self.down_since is not None and time.monotonic() - self.down_since >= self.patience

    async def _ask(self) -> bool:
        try:
            return (await self.client.get(self.url)).status_code == 200
        except httpx.HTTPError:
            return False

    def _heard(self, answers: bool) -> None:
        self.asked_at = time.monotonic()
        if answers != self.up:
            log.info("Prefect answers: %s", answers)
        self.up = answers
        self.down_since = None if answers else self.down_since or time.monotonic()
        self.note.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"up": answers, "untracked": self.down_long_enough()})
        if not self.note.exists() or self.note.read_text() != text:
            self.note.write_text(text)
