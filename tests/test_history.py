"""The history: sealed, verified, bundled, and every tampering found."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text, update
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session

from models.stage import Step
from models.tables import HAZARD
from services import sealing
from services.bundle import write_bundle
from services.history_check import verify_history
from services.offline_verify import verify_bundle
from town import NOON, Town, carry_to

KEY = Ed25519PrivateKey.generate()
LATER = NOON + timedelta(days=400)


@pytest.fixture
def sealed(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLOSED)
    session.commit()
    sealing.seal(session, KEY, at=LATER)
    session.commit()
    return hazard


def test_an_untouched_history_verifies(session: Session, sealed):
    verdict = verify_history(session, KEY, at=LATER)

    assert (verdict.exit_code, verdict.findings) == (0, [])


def test_a_bundle_verifies_without_the_database(session: Session, sealed, tmp_path: Path):
    out = io.BytesIO()
    write_bundle(session, sealed, out, key=KEY, store=tmp_path, at=LATER)
    (tmp_path / "b.zip").write_bytes(out.getvalue())

    report = verify_bundle(tmp_path / "b.zip")

    assert report.exit_code == 0, report.lines


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_event SET body = body", "DELETE FROM audit_event", "UPDATE decision SET form = ''"]
)
def test_the_database_refuses_to_change_history(session: Session, sealed, statement: str):
    with pytest.raises(DatabaseError, match="append-only"):
        session.execute(text(statement))


def test_a_row_changed_behind_the_service_is_found(session: Session, sealed):
    session.execute(update(HAZARD).where(HAZARD.c.id == sealed.id).values(failure_count=3))

    verdict = verify_history(session, KEY, at=LATER)

    assert verdict.exit_code == 1
    assert "failure_count" in verdict.findings[0]
