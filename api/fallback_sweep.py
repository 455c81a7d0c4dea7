"""The API process sweeps when nobody else has for ten minutes, so that no level of the ladder is missed while the
dispatcher lies still. Firing is exactly once whoever sweeps; telling waits in the outbox for the dispatcher."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime

from fastapi import FastAPI
from sqlmodel import Session

from api.desk import Office
from models.engine import reading, writing
from models.instant import checked, instant_of
from services import sweeping

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
    told = sweeping.sweep_all(lambda: _transaction(held), at=at)
    with _transaction(held) as session:
        sweeping.beat(session, by=f"{socket.gethostname()}-{os.getpid()}", at=at)
    return len(told)


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
