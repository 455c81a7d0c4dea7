"""Interim control while a hazard lasts: watched, confirmed, breached, lifted; listed supervision beside it."""

from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlmodel import Session

from api.examples import EXAMPLES
from escalated import fired_levels
from handling import live_clocks, open_duties, outcomes, settle, take
from models.errors import FourEyes, GateNotMet
from models.forms import FORMS
from models.hazard import Hazard
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Clock, Step
from services import escalations
from town import NOON, Town, carry_to, decide, report

AN_HOUR = timedelta(hours=1)


def test_a_control_is_confirmed_within_its_hours(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CONFIRM_MAJOR)

    watched = live_clocks(session, hazard)[Clock.INTERIM_CHECK]
    duty = open_duties(session, hazard)["CONFIRM_CONTROL"]
    assert (watched.due_at - watched.start_at, duty.unit_id) == (timedelta(hours=24), town.units["YJB"].id)


def test_a_confirmed_control_is_confirmed_again(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)

    hazard = take(session, town, hazard, D.CONFIRM_CONTROL, "villager", at=NOON + timedelta(days=3))

    assert live_clocks(session, hazard)[Clock.INTERIM_CHECK].due_at == NOON + timedelta(days=4)


def test_a_control_nobody_confirms_goes_up_the_ladder(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    watched = live_clocks(session, hazard)[Clock.INTERIM_CHECK]

    escalations.fire_due_rungs(session, watched.id, at=watched.due_at)

    assert fired_levels(session, hazard, Clock.INTERIM_CHECK)[-1].level >= 1


def test_a_breach_is_raised_to_the_highest_level_at_once(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)

    hazard = take(session, town, hazard, D.CONFIRM_CONTROL, "villager", at=NOON + timedelta(days=1), holds=False)

    levels = [
        (row.level, escalations.was_told(session, row.id)) for row in fired_levels(session, hazard, Clock.INTERIM_CHECK)
    ]
    assert levels == [(0, False), (1, False), (2, False), (3, False), (4, True)]
    assert live_clocks(session, hazard)[Clock.INTERIM_CHECK].due_at == NOON + timedelta(days=2)


def test_a_level_raised_by_a_breach_is_not_fired_again_by_the_sweep(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    watched = live_clocks(session, hazard)[Clock.INTERIM_CHECK]
    take(session, town, hazard, D.CONFIRM_CONTROL, "villager", at=NOON + timedelta(days=1), holds=False)

    assert escalations.fire_due_rungs(session, watched.id, at=NOON + timedelta(days=60)) == []


def test_a_stop_is_lifted_only_with_the_consent_of_the_department(session: Session, town: Town):
    hazard = carry_to(session, town, Step.JUDGE)

    with pytest.raises(GateNotMet, match="审查同意"):
        take(session, town, hazard, K.LIFTING.ask, "head", consent_by="", consent_no="", consent_on=None)
    hazard = settle(session, town, hazard, K.LIFTING, "head", "leader", at=NOON + timedelta(days=2))

    assert hazard.interim_control is None
    assert Clock.INTERIM_CHECK not in live_clocks(session, hazard)


def test_nobody_lifts_a_stop_alone(session: Session, town: Town):
    hazard = take(
        session, town, carry_to(session, town, Step.JUDGE), K.LIFTING.ask, "leader", at=NOON + timedelta(days=2)
    )

    with pytest.raises(FourEyes):
        take(session, town, hazard, K.LIFTING.grant, "leader", at=NOON + timedelta(days=2))


def test_a_hazard_under_control_is_not_closed(session: Session, town: Town):
    hazard = carry_to(session, town, Step.GATE)
    at = NOON + timedelta(days=2)
    hazard = settle(session, town, hazard, K.CONTROL, "head", "leader", at=at)

    with pytest.raises(GateNotMet, match="停产停用措施尚未"):
        decide(session, town, hazard, D.CLOSE, "clerk", at=at)


def test_a_listed_hazard_is_filed_published_and_delisted_before_it_closes(session: Session, town: Town):
    hazard, at = carry_to(session, town, Step.GATE), NOON + timedelta(days=2)
    hazard = take(session, town, hazard, K.LISTING.ask, "clerk", at=at)
    hazard = take(session, town, hazard, K.LISTING.grant, "leader", at=at)
    assert {Clock.LISTING_FILING, Clock.LISTING_PUBLICATION} <= set(live_clocks(session, hazard))
    hazard = take(session, town, hazard, D.PUBLISH_LISTING, "clerk", at=at)
    assert Clock.LISTING_PUBLICATION not in live_clocks(session, hazard)

    with pytest.raises(GateNotMet, match="尚未摘牌"):
        decide(session, town, hazard, D.CLOSE, "clerk", at=at)
    hazard = settle(session, town, hazard, K.DELISTING, "clerk", "leader", at=at)
    hazard = decide(session, town, hazard, D.CLOSE, "clerk", at=at)

    assert (hazard.step, hazard.listing_level) == (Step.CLOSED, "NONE")


def test_a_delisting_is_published_within_its_days_also_after_the_close_out(session: Session, town: Town):
    hazard, at = carry_to(session, town, Step.GATE), NOON + timedelta(days=2)
    hazard = settle(session, town, hazard, K.LISTING, "clerk", "leader", at=at)
    hazard = settle(session, town, hazard, K.DELISTING, "clerk", "leader", at=at)
    due_at = live_clocks(session, hazard)[Clock.DELISTING_PUBLICATION].due_at

    hazard = decide(session, town, hazard, D.CLOSE, "clerk", at=at)

    assert live_clocks(session, hazard)[Clock.DELISTING_PUBLICATION].due_at == due_at
    assert "PUBLISH_LISTING" in open_duties(session, hazard)
    for what in (Clock.LISTING_FILING, Clock.LISTING_PUBLICATION, Clock.DELISTING_PUBLICATION):
        hazard = take(session, town, hazard, D.PUBLISH_LISTING, "clerk", at=at + timedelta(days=1), what=what)
        assert outcomes(session, hazard, what) == ["MET"]
    assert "PUBLISH_LISTING" not in open_duties(session, hazard)


def test_a_leader_lists_without_a_second_person(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), K.LISTING.ask, "leader", level="DISTRICT",
                  document_no="永安委办〔2026〕12号")  # fmt: skip

    assert (hazard.listing_level, hazard.open_requests) == ("DISTRICT", 0)


@pytest.mark.parametrize("level", ["DISTRICT", "CITY"])
def test_what_the_district_or_the_city_lists_names_their_document(level: str):
    with pytest.raises(ValidationError, match="文号"):
        FORMS[K.LISTING.ask].model_validate({**EXAMPLES[K.LISTING.ask], "level": level})


@pytest.mark.parametrize("code", [D.RECORD_DOCUMENT, D.RECORD_RESUMPTION])
def test_a_document_from_outside_is_recorded_with_its_scan(code: D):
    with pytest.raises(ValidationError, match="evidence"):
        FORMS[code].model_validate({**EXAMPLES[code], "evidence": []})


def test_what_was_not_listed_is_not_published(session: Session, town: Town):
    with pytest.raises(GateNotMet, match="没有待登记"):
        take(session, town, carry_to(session, town, Step.WORK), D.PUBLISH_LISTING, "clerk")


def test_production_is_stopped_before_a_plan_that_leaves_people_in_danger(session: Session, town: Town):
    hazard = carry_to(session, town, Step.PLAN_REVIEW)

    hazard = take(session, town, hazard, D.STOP_FIRST, "officer", at=NOON + timedelta(days=1))

    assert (hazard.step, hazard.interim_control) == (Step.PLAN, "FULL_STOP")


def test_a_control_ordered_before_anybody_verifies_is_the_offices_to_confirm(session: Session, town: Town):
    hazard = take(session, town, report(session, town), D.URGENT_CONTROL, "clerk", at=NOON + AN_HOUR)
    assert open_duties(session, hazard)["CONFIRM_CONTROL"].roles == "SC"

    hazard = take(session, town, hazard, D.CONFIRM_CONTROL, "villager", at=NOON + 5 * AN_HOUR)

    assert live_clocks(session, hazard)[Clock.INTERIM_CHECK].due_at == NOON + 29 * AN_HOUR


def test_a_merger_never_leaves_a_danger_without_its_control(session: Session, town: Town):
    kept, twin = report(session, town), report(session, town)
    twin = take(session, town, twin, D.URGENT_CONTROL, "clerk", at=NOON + AN_HOUR)

    with pytest.raises(GateNotMet, match="正在实施临时管控"):
        take(session, town, twin, K.MERGE.ask, "clerk", at=NOON + AN_HOUR, into=kept.no)


def _urgent(session: Session, town: Town, control: str) -> Hazard:
    hazard = carry_to(session, town, Step.CLASSIFY)
    return take(session, town, hazard, D.URGENT_CONTROL, "officer", at=NOON + 5 * AN_HOUR, control=control)


@pytest.mark.parametrize("code", [D.MAJOR, D.GENERAL, D.NOT_HAZARD])
@pytest.mark.parametrize("control", ["NONE", "MONITOR", "PARTIAL_STOP"])
def test_one_officer_never_ends_or_relaxes_a_stop_by_a_finding(session: Session, town: Town, code: D, control: str):
    hazard = _urgent(session, town, "FULL_STOP")

    with pytest.raises(GateNotMet, match="全部停产停业"):
        take(session, town, hazard, code, "officer", at=NOON + 6 * AN_HOUR, **_control(control))


def test_a_finding_keeps_the_control_or_orders_a_stricter_one(session: Session, town: Town):
    hazard = _urgent(session, town, "MONITOR")

    hazard = take(session, town, hazard, D.GENERAL, "officer", at=NOON + 6 * AN_HOUR, **_control("FULL_STOP"))

    assert (hazard.interim_control, "CONFIRM_CONTROL" in open_duties(session, hazard)) == ("FULL_STOP", True)


def test_an_urgent_order_never_relaxes_what_is_in_force(session: Session, town: Town):
    hazard = _urgent(session, town, "SEAL")

    with pytest.raises(GateNotMet, match="查封"):
        take(session, town, hazard, D.URGENT_CONTROL, "villager", at=NOON + 6 * AN_HOUR, control="MONITOR")


def test_a_stop_is_not_changed_into_something_milder_without_consent(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)

    with pytest.raises(GateNotMet, match="审查同意"):
        take(session, town, hazard, K.CONTROL.ask, "head", control="MONITOR")


def test_with_its_consent_a_stop_is_relaxed_and_watched_on(session: Session, town: Town):
    hazard, at = carry_to(session, town, Step.WORK), NOON + timedelta(days=2)
    consent = {"consent_by": "区应急局", "consent_no": "永应急复产〔2026〕2号", "consent_on": "2026-09-08"}

    hazard = settle(session, town, hazard, K.CONTROL, "head", "leader", at=at, control="MONITOR", **consent)

    assert (hazard.interim_control, Clock.INTERIM_CHECK in live_clocks(session, hazard)) == ("MONITOR", True)


def test_no_waiver_closes_a_hazard_whose_production_is_stopped(session: Session, town: Town):
    hazard, at = carry_to(session, town, Step.GATE), NOON + timedelta(days=2)
    hazard = settle(session, town, hazard, K.CONTROL, "head", "leader", at=at)

    with pytest.raises(GateNotMet, match="不可免除"):
        take(session, town, hazard, D.CLOSE, "clerk", at=at, checklist=_waived())


def test_a_waiver_closes_a_hazard_that_is_still_monitored(session: Session, town: Town):
    hazard, at = carry_to(session, town, Step.GATE), NOON + timedelta(days=2)
    hazard = settle(session, town, hazard, K.CONTROL, "head", "leader", at=at, control="MONITOR")

    assert take(session, town, hazard, D.CLOSE, "clerk", at=at, checklist=_waived()).step == Step.CLOSED


def test_a_progress_report_that_the_control_lapsed_goes_to_the_top_at_once(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    check_due_at = live_clocks(session, hazard)[Clock.INTERIM_CHECK].due_at

    hazard = take(session, town, hazard, D.PROGRESS, "principal", at=NOON + timedelta(days=1), control_holds=False)

    assert fired_levels(session, hazard, Clock.INTERIM_CHECK)[-1].level == 4
    assert live_clocks(session, hazard)[Clock.INTERIM_CHECK].due_at == check_due_at


def test_a_progress_report_that_the_control_holds_raises_nothing(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.PROGRESS, "principal", at=NOON + AN_HOUR * 20)

    assert fired_levels(session, hazard, Clock.INTERIM_CHECK) == []


@pytest.mark.parametrize("code", [D.GENERAL, D.NOT_HAZARD])
def test_a_lesser_finding_decides_on_control_too(code: D):
    form = {name: value for name, value in EXAMPLES[code].items() if name != "interim_reason"}

    with pytest.raises(ValidationError, match="不采取临时管控措施的，须填写理由"):
        FORMS[code].model_validate(form)


def test_a_hazard_that_is_none_ends_only_after_its_stop_is_lifted(session: Session, town: Town):
    hazard, at = carry_to(session, town, Step.CONFIRM_MAJOR), NOON + timedelta(days=1)
    hazard = take(session, town, hazard, D.RETURN_FINDING, "head", at=at)
    hazard = take(session, town, hazard, D.NOT_HAZARD, "officer", at=at, **_control("PARTIAL_STOP"))
    hazard = take(session, town, hazard, D.CONFIRM, "head", at=at)
    with pytest.raises(GateNotMet, match="尚未解除"):
        take(session, town, hazard, D.APPROVE_DOWNGRADE, "leader", at=at)

    hazard = settle(session, town, hazard, K.LIFTING, "head", "mayor", at=at)
    hazard = take(session, town, hazard, D.APPROVE_DOWNGRADE, "leader", at=at)

    assert (hazard.step, hazard.interim_control, live_clocks(session, hazard)) == (Step.DISMISSED, None, {})


def _control(control: str) -> dict[str, str]:
    since = (NOON - AN_HOUR).isoformat()
    return {
        "interim_control": control,
        "interim_since": since,
        "interim_responsible": "应急办经办人甲",
        "interim_reason": "已消除",
    }


def _waived() -> dict[str, dict[str, str | bool]]:
    lines = EXAMPLES[D.CLOSE]["checklist"]
    return {**lines, "interim_control_lifted": {"met": False, "waiver": "企业自行负责看管"}}
