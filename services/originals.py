"""A reporter's own words 举报原文, read by who may, each reading an event; and a caller's identity put into the vault."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet
from models.forms.tip_off import Identity
from models.hazard import Channel
from models.tables import HAZARD_SOURCE
from models.vault import IDENTITY, ORIGINAL, MessageKind
from services import codes, relay, trail, vault
from services.keys import Keyring

ORIGINAL_READ, IDENTITY_SEALED = "ORIGINAL_READ", "IDENTITY_SEALED"


def read_original(session: Session, ring: Keyring, source: Any, *, by: Actor, at: datetime) -> dict[str, Any]:
    """The report as it was written, with what was added and objected later (查看举报原文).

    Raises: NotFound when nothing is sealed for it.
    """
    told = vault.fields(session, ring, source.id, ORIGINAL)
    later = relay.messages(session, ring, source, (MessageKind.ADDITION, MessageKind.OBJECTION))
    log_reading(session, source, by=by, at=at)
    return {"report": told, "later": later}


def log_reading(session: Session, source: Any, *, by: Actor, at: datetime, **more: str) -> None:
    """The event of one reading, on the office's stream."""
    trail.append_office(session, ORIGINAL_READ, by=by, at=at, facts={"source_id": source.id} | more)


def seal_caller(
    session: Session, ring: Keyring, source: Any, identity: Identity, *, code: str, by: Actor, at: datetime
) -> None:
    """Put into the vault who called the hotline, and give the report a query code to tell the caller (登记来电举报人).

    Raises: GateNotMet for a report of another channel, or one whose reporter is sealed already.
    """
    if source.channel != Channel.PUBLIC_REPORT or source.query_code_hash is not None:
        raise GateNotMet("该来源不是来电举报，或举报人已登记。", rule="举报人身份只登记一次", remedy="请核对来源。")
    vault.put_fields(session, ring, source.id, IDENTITY, identity.model_dump(mode="json"), at=at)
    vault.put_fields(session, ring, source.id, ORIGINAL, {"description": "（来电举报，内容见上报记录）"}, at=at)
    mine = update(HAZARD_SOURCE).where(HAZARD_SOURCE.c.id == source.id)
    session.execute(mine.values(named=True, query_code_hash=codes.hash_of(code)))
    trail.append_office(session, IDENTITY_SEALED, by=by, at=at, facts={"source_id": source.id})
