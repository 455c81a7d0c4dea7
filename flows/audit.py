"""Seal the history: sign a checkpoint over everything committed since the last one."""

from prefect import flow

from flows.context import engine, now
from models.engine import writing
from services import keys, sealing
from settings import settings


@flow(name="seal-audit")
async def seal_audit() -> int:
    """The number of events sealed."""
    return seal()


def seal() -> int:
    with writing(engine()) as session, session.begin():
        return sealing.seal(session, keys.signing_key(settings().key_dir), at=now())
