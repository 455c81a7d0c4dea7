"""The dispatcher: the first line that carries out what decisions promised, within seconds.

It claims with a lease, awaits the flow in this process, and the flow's last step acknowledges in the domain database.
No acknowledgement before the lease ends means: dispatched again. Prefect's own state is never asked. Any number of
dispatchers may run anywhere.
"""

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from prefect import tags

from flows import announcement, audit, delivery, escalation, rectification
from flows.context import engine, now
from flows.prefect_watch import PrefectWatch
from models import OutboxMessage
from models.engine import reading, writing
from models.errors import ClockSkewed
from models.outbox import Topic
from notifications import notices
from services import outbox
from services.logs import write_json_lines
from settings import settings

log = logging.getLogger("hazardflow.dispatcher")
_AT_ONCE = 3
"""Messages carried out side by side; on Prefect's own SQLite one, because its writers lock one another out."""
_BEAT_EVERY = 60.0
"""Seconds."""


class Dispatcher:
    """One loop; everything it knows between two turns is when it last sealed and said that it sweeps."""

    def __init__(self, watch: PrefectWatch):
        self.name = f"{socket.gethostname()}-{os.getpid()}"
        self.watch = watch
        self.at_once = 1 if settings().prefect_on_sqlite else _AT_ONCE
        self.sealed_at = datetime.min.replace(tzinfo=now().tzinfo)
        self.beaten_at = -_BEAT_EVERY

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                busy = await self.turn()
            except Exception:  # the loop outlives every failure: what failed is due again
                log.exception("a turn of the dispatcher failed")
                busy = False
            if not busy:
                await _wait(stop, settings().poll_seconds)

    async def turn(self) -> bool:
        """One look at everything that may be due; whether there was anything."""
        tracked = await self.watch.is_up()
        if not tracked and not self.watch.down_long_enough():
            return False
        self._seal()
        with reading(engine()) as session:
            anything = outbox.anything_due(session, at=now())
        if not anything:
            self._swept()
            return False
        handled = await self._messages(tracked=tracked)
        handled |= await self._escalations(tracked=tracked)
        return handled | await self._notices(tracked=tracked)

    async def _messages(self, *, tracked: bool) -> bool:
        with writing(engine()) as session, session.begin():
            lease = timedelta(seconds=settings().lease_seconds)
            claimed = outbox.claim(session, by=self.name, at=now(), lease=lease, limit=self.at_once)
        await asyncio.gather(*(self._carry_out(message, tracked=tracked) for message in claimed))
        return bool(claimed)

    async def _carry_out(self, message: OutboxMessage, *, tracked: bool) -> None:
        run = _FLOWS[message.topic, tracked]
        try:
            about = message.hazard_no or "机关事务"
            with tags(about):
                await asyncio.wait_for(run(about, message.id), settings().lease_seconds / 3)
        except Exception as failure:  # whatever it was, the message is due again
            log.warning("message %s failed: %s", message.id, type(failure).__name__)
            with writing(engine()) as session, session.begin():
                outbox.postpone(session, message.id, at=now(), error=f"{type(failure).__name__}: {failure}")

    async def _escalations(self, *, tracked: bool) -> bool:
        at = self._instant()
        if at is None or not escalation.anything_due(at):
            return False
        return bool(await escalation.escalate_overdue() if tracked else escalation.sweep(at))

    def _swept(self) -> None:
        """Nothing was due: now and then that is written down as a sweep done, and the clocks are compared."""
        if time.monotonic() - self.beaten_at < _BEAT_EVERY:
            return
        self.beaten_at = time.monotonic()
        if at := self._instant():
            escalation.done(at)

    def _instant(self) -> datetime | None:
        """The database's instant; None while this host's clock is off and it must not sweep."""
        try:
            return escalation.instant()
        except ClockSkewed as skewed:
            log.error("%s", skewed.detail)
            return None

    async def _notices(self, *, tracked: bool) -> bool:
        with reading(engine()) as session:
            if not notices.has_due(session, at=now()):
                return False
        return bool(await (delivery.deliver_notices() if tracked else delivery.deliver_notices_untracked()))

    def _seal(self) -> None:
        if now() - self.sealed_at >= timedelta(seconds=settings().seal_seconds):
            audit.seal()
            self.sealed_at = now()


_WITH_OWN_FLOW = {Topic.ENTERED, Topic.ESCALATED}
_FLOWS: dict[tuple[str, bool], Callable[[str, str], Awaitable[None]]] = {
    (Topic.ENTERED, True): rectification.enter_stage,
    (Topic.ENTERED, False): rectification.enter_stage_untracked,
    (Topic.ESCALATED, True): escalation.escalate,
    (Topic.ESCALATED, False): escalation.escalate_untracked,
    **{(topic, True): announcement.announce for topic in Topic if topic not in _WITH_OWN_FLOW},
    **{(topic, False): announcement.announce_untracked for topic in Topic if topic not in _WITH_OWN_FLOW},
}


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def main() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await Dispatcher(PrefectWatch(settings())).run(stop)


if __name__ == "__main__":
    write_json_lines(settings().log_level)
    asyncio.run(main())
