"""The API process sweeps when nobody else has for ten minutes, so that no level of the ladder is missed while the
dispatcher lies still. Firing is exactly once whoever sweeps; telling waits in the outbox for the dispatcher."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta

from fastapi import FastAPI
from sqlmodel import Session

from api.desk import Office
from models.engine import reading, writing
from models.incident import IncidentKind
from models.instant import checked, instant_of
from notifications import alarm
from services import incidents, sweeping
from services.keys import channel_key

log = logging.getLogger("hazardflow.api")
_LOOK_EVERY = 60.0
"""Seconds."""


@asynccontextmanager
async def watching(app: FastAPI) -> AsyncGenerator[None]:
    """The application's life: beside its requests it looks once a minute whether anybody sweeps."""
    watch = asyncio.create_task(_watch(app.state.office))
    yield
    watch.cancel()
    with suppress(asyncio.CancelledError):
        await watch


def sweep_if_nobody_does(held: Office, host: datetime) -> int | None:
    """How many levels were fired; None while somebody sweeps.

    Raises: ClockSkewed.
    """
    with reading(held.engine) as session:
        at = checked(host, instant_of(session, host))
        silent = sweeping.silent_for(session, at=at)
    if silent is not None and silent <= sweeping.FALLBACK_AFTER:
        return None
    if silent is not None:
        _alarm(held, silent, at=at)
    told = sweeping.sweep_all(lambda: _transaction(held), at=at)
    with _transaction(held) as session:
        sweeping.beat(session, by=f"{socket.gethostname()}-{os.getpid()}", at=at)
    return len(told)


def _alarm(held: Office, silent: timedelta, *, at: datetime) -> None:
    """Once for each silence: an incident, and a word to the administrators that does not wait for the dispatcher."""
    what = f"督办巡查已{silent // timedelta(minutes=1)}分钟没有完成，由接口进程代行；请检查派发进程。"
    with _transaction(held) as session:
        if not incidents.report(session, IncidentKind.NO_SWEEP, sweeping.SWEEP, what, at=at):
            return
        key, hosts = channel_key(held.settings.key_dir), held.settings.private_hosts
        found = alarm.addresses(session, key=key, private_hosts=hosts)
    alarm.raise_alarm(found, subject="【告警】督办巡查停止", body=what)


async def _watch(held: Office) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        try:
            if told := await asyncio.to_thread(sweep_if_nobody_does, held, held.now()):
                log.warning("nobody swept for ten minutes; the API process fired %d levels", told)
        except Exception:  # the watch outlives every failure: in a minute it looks again
            log.exception("the fallback sweep failed")


@contextmanager
def _transaction(held: Office) -> Generator[Session]:
    with writing(held.engine) as session, session.begin():
        yield session
