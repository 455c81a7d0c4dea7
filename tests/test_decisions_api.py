"""Decisions over HTTP: versions, keys, refusals that say what to do."""

from datetime import UTC, datetime

from sqlmodel import Session

from models.process import MOVES, DecisionCode
from office_api import Caller
from town import STRAIGHT_WAY, Town, form_for

RESOURCE = {move.decision: move.resource for move in MOVES}


def test_a_hazard_goes_from_report_to_close_out_over_http(session: Session, town: Town, people: dict[str, Caller]):
    body = {"channel": "INSPECTION", "source": "镇级检查", "source_no": "1", "discovered_at": "2026-09-07T10:00:00+08:00",
            "enterprise": "91500118MA5TEST001", "sector": "工贸/粉尘涉爆", "place": "造粒车间",
            "description": "造粒设备前无铁石去除装置，木粉尘正压除尘", "no_evidence_reason": "随后补传"}  # fmt: skip
    answer = people["officer"].post("/hazards", body)
    no, version = answer.json()["no"], answer.json()["version"]
    for code, who in STRAIGHT_WAY:
        form = form_for(session, town, code, datetime.now(UTC)).model_dump(mode="json")
        session.commit()
        answer = people[who].post(f"/hazards/{no}/{RESOURCE[code]}", form, version=version)
        assert answer.status_code == 201, answer.text
        version = answer.json()["version"]
        if code == DecisionCode.SIGN:
            for informed in ("PRINCIPAL", "ACTUAL_CONTROLLER"):
                told = {
                    "informed": informed,
                    "name": "甲",
                    "means": "当面",
                    "informed_at": "2026-09-07T12:00:00+08:00",
                    "proof": "送达回证",
                }
                answer = people["officer"].post(f"/hazards/{no}/informing", told, version=version)
                version = answer.json()["version"]

    shown = people["auditor"].get(f"/hazards/{no}")

    assert (shown.status_code, shown.json()["stage"]) == (200, "CLOSED")
    assert len(people["auditor"].get(f"/hazards/{no}/timeline").json()) == 16
