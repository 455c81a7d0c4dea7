"""What officers are shown of a report by the public: copies and an abstract; originals sealed, identities gone for good."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from models.engine import reading
from models.tables import AUDIT_EVENT, REPORT_PHOTO
from office_api import Caller, assert_refused, counts
from services import evidence, upkeep
from settings import Settings
from tip_off import (
    ABSTRACT,
    NAME,
    TIP,
    WORDS,
    Reporter,
    everything_kept,
    photograph_with_traces,
)
from town import Town


@pytest.fixture
def reporter(client: TestClient, town: Town) -> Reporter:
    return Reporter(client)


def test_a_photograph_is_shown_without_the_traces_of_its_camera(
    reporter: Reporter, people: dict[str, Caller], engine: Engine, app_settings: Settings
):
    no = reporter.report()["no"]
    handed_in = photograph_with_traces()

    answer = reporter.post("/report/photos", files={"file": ("IMG_canary_2026.jpg", handed_in)})

    assert answer.status_code == 201, answer.text
    source = people["clerk"].get(f"/hazards/{no}/reports").json()[0]["id"]
    shown = people["clerk"].get(f"/reports/{source}/photos/1")
    assert not [trace for trace in (b"Canary", b"canary", b"Exif") if trace in shown.content]
    assert people["clerk"].get(f"/reports/{source}/photos/1/original").content == handed_in
    kept = everything_kept(engine, app_settings.data_dir)
    assert not [trace for trace in (b"CanaryCameraMaker", b"IMG_canary", b"canary comment") if trace in kept]


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 not a photograph", b"GIF89a", b"\xff\xd8\xff broken"])
def test_what_is_no_photograph_is_refused(reporter: Reporter, engine: Engine, content: bytes):
    reporter.report()
    before = counts(engine)

    assert_refused(reporter.post("/report/photos", files={"file": ("x.jpg", content)}), 422, "evidence-refused")
    assert counts(engine) == before


def test_housekeeping_keeps_the_photographs_of_the_public(reporter: Reporter, engine: Engine, app_settings: Settings):
    reporter.report()
    reporter.post("/report/photos", files={"file": ("x.jpg", photograph_with_traces())})

    with reading(engine) as session:
        removed = upkeep.remove_orphan_files(
            session, app_settings.evidence_dir, at=datetime.now(UTC) + timedelta(days=1)
        )
        row = session.execute(select(REPORT_PHOTO)).one()

    assert removed == 0
    assert evidence.is_intact(app_settings.evidence_dir, row.sealed_sha256)


def test_erasure_makes_the_identity_unreadable_for_good(reporter: Reporter, people: dict[str, Caller], engine: Engine):
    no = reporter.report(named=True)["no"]
    reporter.post("/report/photos", files={"file": ("x.jpg", photograph_with_traces())})
    source = people["clerk"].get(f"/hazards/{no}/reports").json()[0]["id"]
    asked = (
        people["clerk"]
        .post(f"/reports/{source}/unsealings", {"ground": "REWARD", "reason": "核实奖励发放"})
        .json()["id"]
    )
    people["leader"].post(f"/unsealings/{asked}/approval")
    assert people["clerk"].get(f"/unsealings/{asked}/identity").json()["name"] == NAME

    answer = reporter.post("/report/erasure")

    assert (answer.status_code, answer.json()["erased"]) == (201, True)
    assert_refused(people["clerk"].get(f"/unsealings/{asked}/identity"), 404, "not-found")
    assert_refused(people["clerk"].get(f"/reports/{source}/photos/1/original"), 404, "not-found")
    assert people["clerk"].get(f"/reports/{source}/original").json()["report"]["description"] == WORDS
    assert reporter.get("/report").status_code == 200
    with reading(engine) as session:
        events = session.execute(select(AUDIT_EVENT.c.type, AUDIT_EVENT.c.actor)).all()
    assert ("IDENTITY_ERASED", "public") in [tuple(row) for row in events]


def test_the_copy_is_upright_and_of_the_same_size(reporter: Reporter, people: dict[str, Caller], tmp_path: Path):
    no = reporter.report()["no"]
    reporter.post("/report/photos", files={"file": ("x.jpg", photograph_with_traces())})
    source = people["clerk"].get(f"/hazards/{no}/reports").json()[0]["id"]

    (tmp_path / "copy.jpg").write_bytes(people["clerk"].get(f"/reports/{source}/photos/1").content)

    with Image.open(tmp_path / "copy.jpg") as image:
        assert (image.size, dict(image.getexif())) == ((64, 48), {})


def test_until_the_abstract_is_written_officers_see_a_neutral_text(reporter: Reporter, people: dict[str, Caller]):
    no = reporter.report(TIP | {"village": "某某村"})["no"]

    before = [people[who].get(f"/hazards/{no}").json() for who in ("clerk", "leader", "auditor")]
    written = people["clerk"].post(f"/hazards/{no}/abstract", ABSTRACT, version=1)
    after = people["leader"].get(f"/hazards/{no}").json()

    assert written.status_code == 201, written.text
    assert {"待镇安委办摘要" in seen["description"] and "待镇安委办摘要" in seen["place"] for seen in before} == {True}
    assert (after["description"], after["enterprise"]) == (ABSTRACT["description"], "某生物颗粒有限公司")
