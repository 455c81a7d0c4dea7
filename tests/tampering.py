"""Somebody who owns the database seals, and changes the history behind the service."""

import hashlib
from typing import Any

from sqlalchemy import Engine, text, update

from models.engine import reading, writing
from models.tables import AUDIT_EVENT, AUDIT_LEAF, CHECKPOINT, HAZARD
from services import keys, sealing
from story import Story


def key_of(story: Story) -> Any:
    return keys.signing_key(story.office.settings.key_dir)


def sealed(story: Story) -> None:
    with writing(story.engine) as session, session.begin():
        sealing.seal(session, key_of(story), at=story.at)


def behind_the_service(engine: Engine, *statements: Any) -> None:
    """Somebody who owns the database takes the guards away and changes what they like."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))
        else:
            rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
            for name in rows:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = DEFAULT"))


def last_event(story: Story, kind: str) -> Any:
    with reading(story.engine) as session:
        mine = AUDIT_EVENT.select().where(AUDIT_EVENT.c.type == kind).order_by(AUDIT_EVENT.c.gid.desc())
        return session.execute(mine).first()


def a_changed_row(story: Story) -> list[Any]:
    return [update(HAZARD).where(HAZARD.c.no == "ZY-2026-0001").values(failure_count=3)]


def a_changed_event(story: Story) -> list[Any]:
    row = last_event(story, "ACCEPT")
    return [update(AUDIT_EVENT).where(AUDIT_EVENT.c.gid == row.gid).values(body=row.body.replace(b"ACCEPT", b"REFUSE"))]


def an_unreadable_event(story: Story) -> list[Any]:
    return [update(AUDIT_EVENT).where(AUDIT_EVENT.c.gid == last_event(story, "ACCEPT").gid).values(body=b"\xff")]


def another_person(story: Story) -> list[Any]:
    return [update(AUDIT_EVENT).where(AUDIT_EVENT.c.gid == last_event(story, "ACCEPT").gid).values(actor="system")]


def an_event_taken_out(story: Story) -> list[Any]:
    gid = last_event(story, "ACCEPT").gid
    return [AUDIT_LEAF.delete().where(AUDIT_LEAF.c.gid == gid), AUDIT_EVENT.delete().where(AUDIT_EVENT.c.gid == gid)]


def a_history_rewritten_to_its_end(story: Story) -> list[Any]:
    """The last event of a hazard, with hash and head made to fit: only what was signed tells."""
    with reading(story.engine) as session:
        hazard = session.execute(HAZARD.select().where(HAZARD.c.no == "ZY-2026-0001")).one()
        mine = AUDIT_EVENT.select().where(AUDIT_EVENT.c.hash == hazard.chain_head)
        row = session.execute(mine).one()
    body = row.body.replace(b'"auth":"', b'"auth":"x', 1)
    assert body != row.body
    digest = hashlib.sha256(b"\x00" + body).hexdigest()
    return [
        update(AUDIT_EVENT).where(AUDIT_EVENT.c.gid == row.gid).values(body=body, hash=digest),
        update(HAZARD).where(HAZARD.c.id == hazard.id).values(chain_head=digest),
    ]


def a_checkpoint_taken_out(story: Story) -> list[Any]:
    with reading(story.engine) as session:
        size = max(session.execute(CHECKPOINT.select()).scalars())
    return [CHECKPOINT.delete().where(CHECKPOINT.c.size == size)]


def another_root(_story: Story) -> list[Any]:
    return [update(CHECKPOINT).values(root="0" * 64)]


def a_foreign_signature(story: Story) -> list[Any]:
    with reading(story.engine) as session:
        row = session.execute(CHECKPOINT.select().order_by(CHECKPOINT.c.size)).first()
    assert row is not None
    return [
        update(CHECKPOINT)
        .where(CHECKPOINT.c.size == row.size)
        .values(note=row.note.replace("hazardflow/", "hazardfl0w/"))
    ]


TAMPERINGS = (
    a_changed_row,
    a_changed_event,
    an_unreadable_event,
    another_person,
    an_event_taken_out,
    a_history_rewritten_to_its_end,
    a_checkpoint_taken_out,
    another_root,
    a_foreign_signature,
)
