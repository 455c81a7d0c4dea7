"""The vault: sealed under keys outside the database, opened by two persons of two units for 15 minutes, erased for good."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import Engine, insert, select, text, update
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session

from models.actor import PUBLIC, Actor
from models.errors import FourEyes, GateNotMet, KeyMissing, NotFound, NotPermitted
from models.forms.tip_off import UnsealingRequest
from models.ids import new_id
from models.permissions import Role
from models.tables import AUDIT_EVENT, HAZARD, REPORTER_VAULT, UNSEALING
from models.vault import IDENTITY, ORIGINAL, UnsealingGround
from services import history_check, keys, public_reports, unsealing, vault
from services.keys import Keyring
from tip_off import ID_NO, NAME, PHONE, WORDS, tip_off
from town import NOON, Town

MINUTE = timedelta(minutes=1)
ASK = UnsealingRequest(ground=UnsealingGround.REWARD, reason="核实奖励发放")


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys")


@pytest.fixture
def sealed(session: Session, town: Town, ring: Keyring) -> tuple[Any, Any]:
    """(hazard, source) of a report by name."""
    return tip_off(session, ring)


def asked(session: Session, sealed: tuple[Any, Any], by: Actor) -> str:
    return unsealing.request_unsealing(session, sealed[1], sealed[0], ASK, by=by, at=NOON)


def opened(session: Session, sealed: tuple[Any, Any], by: Actor, approver: Actor) -> str:
    request = asked(session, sealed, by)
    unsealing.approve_unsealing(session, request, by=approver, at=NOON + MINUTE)
    return request


def events(session: Session, kind: str) -> list[dict[str, Any]]:
    rows = session.execute(select(AUDIT_EVENT.c.body).where(AUDIT_EVENT.c.type == kind).order_by(AUDIT_EVENT.c.gid))
    return [json.loads(row.body) for row in rows]


def second_leader_of(session: Session, town: Town, unit: str) -> Actor:
    """A leader who also sits in another unit."""
    held = town.leader
    return Actor(held.person_id, held.name, held.account_id, (*held.grants, (Role.TL, town.units[unit].id)))


def test_an_identity_is_read_by_who_asked_after_another_unit_approved(
    session: Session, town: Town, ring: Keyring, sealed: tuple[Any, Any]
):
    request = opened(session, sealed, town.clerk, town.leader)

    identity = unsealing.read_unsealed(session, ring, request, by=town.clerk, at=NOON + 2 * MINUTE)

    assert identity == {"name": NAME, "phone": PHONE, "id_no": ID_NO}


@pytest.mark.parametrize(("after", "readable"), [(0, True), (14, True), (15, False), (60, False)])
def test_the_window_is_fifteen_minutes_from_the_approval(
    session: Session, town: Town, ring: Keyring, sealed: tuple[Any, Any], after: int, readable: bool
):
    request = opened(session, sealed, town.clerk, town.leader)
    at = NOON + MINUTE + timedelta(minutes=after)

    if readable:
        assert unsealing.read_unsealed(session, ring, request, by=town.clerk, at=at)["name"] == NAME
    else:
        with pytest.raises(NotPermitted):
            unsealing.read_unsealed(session, ring, request, by=town.clerk, at=at)


def test_nothing_is_read_before_it_is_approved(session: Session, town: Town, ring: Keyring, sealed: tuple[Any, Any]):
    request = asked(session, sealed, town.clerk)

    with pytest.raises(NotPermitted):
        unsealing.read_unsealed(session, ring, request, by=town.clerk, at=NOON)


@pytest.mark.parametrize("who", ["leader", "head", "other_head", "auditor"])
def test_only_who_asked_reads(session: Session, town: Town, ring: Keyring, sealed: tuple[Any, Any], who: str):
    request = opened(session, sealed, town.clerk, town.leader)

    with pytest.raises(NotFound):
        unsealing.read_unsealed(session, ring, request, by=town.actors[who], at=NOON + MINUTE)


def test_every_reading_is_an_event_of_the_office_and_no_event_says_who_it_was(
    session: Session, town: Town, ring: Keyring, sealed: tuple[Any, Any]
):
    request = opened(session, sealed, town.clerk, town.leader)
    for minute in (2, 3, 4):
        unsealing.read_unsealed(session, ring, request, by=town.clerk, at=NOON + minute * MINUTE)

    readings = events(session, "UNSEALED_READ")
    assert [(event["stream"], event["actor"]["person"], event["unsealing_id"]) for event in readings] == [
        ("office", town.clerk.person_id, request)
    ] * 3
    every = b"".join(session.execute(select(AUDIT_EVENT.c.body)).scalars())
    assert [secret for secret in (NAME, PHONE, ID_NO, WORDS, ASK.reason) if secret.encode() in every] == []


def test_who_asked_does_not_approve(session: Session, town: Town, sealed: tuple[Any, Any]):
    both = Actor(town.clerk.person_id, town.clerk.name, "x", (*town.clerk.grants, (Role.TL, town.units["ZZF"].id)))
    request = asked(session, sealed, town.clerk)

    with pytest.raises(FourEyes):
        unsealing.approve_unsealing(session, request, by=both, at=NOON)


def test_another_person_of_the_same_unit_does_not_approve(session: Session, town: Town, sealed: tuple[Any, Any]):
    request = asked(session, sealed, town.clerk)

    with pytest.raises(FourEyes):
        unsealing.approve_unsealing(session, request, by=second_leader_of(session, town, "AWB"), at=NOON)


@pytest.mark.parametrize("column", ["lead_unit_id", "verifying_unit_id", "rectifying_unit_id"])
def test_a_unit_the_hazard_is_about_does_not_approve(
    session: Session, town: Town, sealed: tuple[Any, Any], column: str
):
    request = asked(session, sealed, town.clerk)
    session.execute(update(HAZARD).values({column: town.units["ZZF"].id}))

    with pytest.raises(FourEyes):
        unsealing.approve_unsealing(session, request, by=town.leader, at=NOON)


def test_the_leader_in_charge_of_the_case_does_not_approve_and_another_one_does(
    session: Session, town: Town, sealed: tuple[Any, Any]
):
    request = asked(session, sealed, town.clerk)
    session.execute(update(HAZARD).values(leader_id=town.leader.person_id))

    with pytest.raises(FourEyes):
        unsealing.approve_unsealing(session, request, by=town.leader, at=NOON)
    assert unsealing.approve_unsealing(session, request, by=town.mayor, at=NOON) == NOON + unsealing.WINDOW


def test_the_unit_that_must_rectify_does_not_even_ask(session: Session, town: Town, sealed: tuple[Any, Any]):
    hazard, source = sealed
    session.execute(update(HAZARD).values(rectifying_unit_id=town.units["YJB"].id))
    hazard = session.execute(select(HAZARD)).one()

    with pytest.raises(FourEyes):
        unsealing.request_unsealing(session, source, hazard, ASK, by=town.head, at=NOON)  # pyright: ignore[reportArgumentType]


def test_a_request_is_approved_once_and_lapses(session: Session, town: Town, sealed: tuple[Any, Any]):
    once = opened(session, sealed, town.clerk, town.leader)
    late = asked(session, sealed, town.clerk)

    with pytest.raises(GateNotMet):
        unsealing.approve_unsealing(session, once, by=town.mayor, at=NOON + 2 * MINUTE)
    with pytest.raises(GateNotMet):
        unsealing.approve_unsealing(session, late, by=town.mayor, at=NOON + timedelta(days=8))


def test_who_reported_without_a_name_cannot_be_unsealed(session: Session, town: Town, ring: Keyring):
    hazard, source = tip_off(session, ring, named=False)

    with pytest.raises(GateNotMet):
        unsealing.request_unsealing(session, source, hazard, ASK, by=town.clerk, at=NOON)


@pytest.mark.parametrize("approver", ["same person", "same unit", "nobody"])
def test_the_database_itself_keeps_two_persons_of_two_units(
    session: Session, town: Town, sealed: tuple[Any, Any], approver: str
):
    row: dict[str, Any] = {
        "id": new_id(), "source_id": sealed[1].id, "ground": "REWARD", "reason": "理由", "requested_by": town.clerk.person_id,
        "requester_unit_id": town.units["AWB"].id, "requested_at": NOON, "approved_at": NOON,
        "readable_until": NOON + unsealing.WINDOW, "approved_by": town.leader.person_id,
        "approver_unit_id": town.units["ZZF"].id,
    }  # fmt: skip
    row |= {"same person": {"approved_by": town.clerk.person_id}, "same unit": {"approver_unit_id": town.units["AWB"].id},
            "nobody": {"approved_by": None}}[approver]  # fmt: skip

    with pytest.raises(DatabaseError):
        session.execute(insert(UNSEALING), row)


def test_sealed_bytes_moved_to_another_report_do_not_open(session: Session, town: Town, ring: Keyring):
    (_, one), (_, other) = tip_off(session, ring), tip_off(session, ring)
    mine = select(REPORTER_VAULT).where(REPORTER_VAULT.c.source_id == one.id, REPORTER_VAULT.c.part == IDENTITY)
    stolen = session.execute(mine).one()
    theirs = (REPORTER_VAULT.c.source_id == other.id, REPORTER_VAULT.c.part == IDENTITY)
    session.execute(update(REPORTER_VAULT).where(*theirs).values(wrapped_key=stolen.wrapped_key, sealed=stolen.sealed))

    with pytest.raises(InvalidTag):
        vault.fields(session, ring, other.id, IDENTITY)


def test_two_reports_share_no_key(session: Session, town: Town, ring: Keyring):
    (_, one), (_, other) = tip_off(session, ring), tip_off(session, ring)

    found = {vault.data_key(session, ring, source.id, part) for source in (one, other) for part in (IDENTITY, ORIGINAL)}

    assert len(found) == 4


def test_without_the_key_file_nothing_opens_and_no_new_key_takes_its_place(
    session: Session, town: Town, ring: Keyring, sealed: tuple[Any, Any]
):
    (ring.folder / "vault-1.key").unlink()

    with pytest.raises(KeyMissing):
        vault.fields(session, ring, sealed[1].id, IDENTITY)
    assert not (ring.folder / "vault-1.key").exists()


def test_key_files_are_readable_by_their_owner_only(session: Session, ring: Keyring, sealed: tuple[Any, Any]):
    keys.query_code_key(ring.folder)

    assert {path.stat().st_mode & 0o077 for path in ring.folder.iterdir()} == {0}


def test_an_old_key_can_be_destroyed_once_everything_is_rewrapped(
    session: Session, town: Town, ring: Keyring, sealed: tuple[Any, Any]
):
    ring.draw_next()
    assert vault.rewrap(session, ring, by=town.admin, at=NOON) == 2
    assert vault.rewrap(session, ring, by=town.admin, at=NOON) == 0

    (ring.folder / "vault-1.key").unlink()

    assert vault.fields(session, ring, sealed[1].id, IDENTITY)["name"] == NAME


def test_erasure_leaves_the_row_and_an_event_and_no_key(
    session: Session, town: Town, ring: Keyring, sealed: tuple[Any, Any]
):
    source = sealed[1]

    assert public_reports.ask_for_erasure(session, source, by=town.clerk, at=NOON) is True

    mine = select(REPORTER_VAULT).where(REPORTER_VAULT.c.source_id == source.id, REPORTER_VAULT.c.part == IDENTITY)
    row = session.execute(mine).one()
    assert (row.wrapped_key, row.sealed, row.erased_at) == (None, None, NOON)
    assert [event["source_id"] for event in events(session, "IDENTITY_ERASED")] == [source.id]
    with pytest.raises(NotFound):
        vault.fields(session, ring, source.id, IDENTITY)
    assert public_reports.ask_for_erasure(session, source, by=town.clerk, at=NOON) is False


def test_the_database_refuses_a_key_that_is_gone_without_a_date(session: Session, sealed: tuple[Any, Any]):
    with pytest.raises(DatabaseError):
        session.execute(update(REPORTER_VAULT).values(wrapped_key=None))


def test_the_history_with_reports_by_the_public_verifies(
    session: Session, town: Town, ring: Keyring, sealed: tuple[Any, Any], engine: Engine, tmp_path: Path
):
    public_reports.add_to_report(session, ring, sealed[1], "又冒烟了", by=PUBLIC, at=NOON)
    session.commit()

    verdict = history_check.verify_history(session, keys.signing_key(ring.folder), at=NOON)

    assert [finding for finding in verdict.findings if "未编入检查点" not in finding] == []
    assert session.execute(text("SELECT count(*) FROM decision WHERE person_id IS NULL")).scalar_one() == 1
