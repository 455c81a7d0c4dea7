"""A machine that takes any decision by anybody at any time, right or wrong, and holds the services against the model."""

import json
import os
from collections import Counter
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlmodel import Session

from databases import Databases, opened
from handling import filled
from model.office import DECISIONS, DUTY, ENDS, OPEN, PARTS, PERSONS, Case, onward, within_office
from models.engine import writing
from models.errors import DomainError
from models.ladder import rungs
from models.process import MOVES, DecisionCode
from models.tables import AUDIT_EVENT, DEADLINE, DECISION, ESCALATION, HAZARD, OUTBOX, WORK_ITEM
from services import access, escalations, history_check, office, policies, trail
from town import NOON, Town, form_for, photo, report

INFORMED = ("PRINCIPAL", "ACTUAL_CONTROLLER")
EXAMPLES, STEPS = int(os.environ.get("HAZARDFLOW_MODEL_EXAMPLES", "40")), 60
FORMS_OF_THE_WAY = {
    "ACCEPT",
    "MAJOR",
    "CONFIRM",
    "ASSIGN",
    "SIGN",
    "SUBMIT_PLAN",
    "APPROVE_PLAN",
    "RECHECK",
    "PASS",
    "CLOSE",
}
EXPLAINED = {"failure_explanation": "EXPLAIN_FAILURE"}


class OfficeMachine(RuleBasedStateMachine):
    databases: Databases

    @initialize()
    def open_the_office(self) -> None:
        self.opening: AbstractContextManager[Any] = opened(self.databases, with_town=True)
        self.engine = self.opening.__enter__()
        self.town: Town = self.databases.town
        self.at = NOON
        self.cases: dict[str, Case] = {}
        self.fired: set[tuple[str, int]] = set()

    def teardown(self) -> None:
        if hasattr(self, "opening"):
            self.opening.__exit__(None, None, None)

    @rule()
    @precondition(lambda self: len(self.cases) < 3)
    def somebody_reports(self) -> None:
        with writing(self.engine) as session, session.begin():
            self.cases[report(session, self.town, at=self.at).no] = Case()

    @rule(data=st.data(), moves=st.integers(1, 16))
    @precondition(lambda self: self.cases)
    def the_work_goes_on(self, data: st.DataObject, moves: int) -> None:
        """So many decisions by whoever may take them, most of them along the straight way, or no case would ever close."""
        no = data.draw(st.sampled_from(sorted(self.cases)))
        for _ in range(moves):
            case, told = self.cases[no], data.draw(st.sampled_from(INFORMED))
            ahead = onward(case)
            right = {(code, who): code for code in DECISIONS for who in PERSONS if case.allows(code, who, told)}
            straight = [pair for pair, code in right.items() if code == ahead]
            aside = data.draw(st.integers(0, 3)) == 0
            if not right:
                return
            code, who = data.draw(st.sampled_from(list(right) if aside or not straight else straight))
            self._attempt(no, code, who, told)

    @rule(data=st.data(), tries=st.integers(1, 5), told=st.sampled_from(INFORMED))
    @precondition(lambda self: self.cases)
    def whoever_holds_the_office_tries(self, data: st.DataObject, tries: int, told: str) -> None:
        """What a person's office allows here, whatever that person did before and whatever is missing."""
        no = data.draw(st.sampled_from(sorted(self.cases)))
        for _ in range(tries):
            entitled = within_office(self.cases[no])
            signing = [pair for pair in entitled if pair[0] in PARTS or pair[0].startswith("GRANT_")]
            if entitled:
                self._attempt(no, *data.draw(st.sampled_from(signing or entitled)), told)

    @rule(data=st.data(), code=st.sampled_from(DECISIONS), who=st.sampled_from(PERSONS), told=st.sampled_from(INFORMED))
    @precondition(lambda self: self.cases)
    def anybody_decides_anything(self, data: st.DataObject, code: str, who: str, told: str) -> None:
        self._attempt(data.draw(st.sampled_from(sorted(self.cases))), code, who, told)

    @rule(hours=st.sampled_from([1, 9, 30, 24 * 8, 24 * 40]))
    def time_passes(self, hours: int) -> None:
        self.at += timedelta(hours=hours)

    @rule()
    def the_dispatcher_sweeps(self) -> None:
        with writing(self.engine) as session, session.begin():
            for deadline in escalations.due_deadlines(session, at=self.at, limit=1000):
                escalations.fire_due_rungs(session, deadline, at=self.at)
            self.fired |= {
                (row.id, rung.level)
                for row in session.execute(select(DEADLINE))
                for rung in _due(session, row, self.at)
            }
            recorded = [(row.deadline_id, row.level) for row in session.execute(select(ESCALATION))]
            early = (
                select(func.count()).select_from(ESCALATION).where(ESCALATION.c.fired_at < ESCALATION.c.level_due_at)
            )
            names = {row.id: (row.clock, row.outcome, row.subject != "") for row in session.execute(select(DEADLINE))}
            told = {(names[deadline], level) for deadline, level in set(recorded) ^ self.fired}
            assert (told, len(recorded), session.execute(early).scalar_one()) == (set(), len(self.fired), 0), (
                told,
                sorted(recorded),
                sorted(self.fired),
            )

    def _attempt(self, no: str, code: str, who: str, told: str) -> None:
        self.at += timedelta(minutes=1)
        expected = self.cases[no].allows(code, who, told)
        before = self._rows()
        refusal = self._decide(no, code, who, told)
        assert (refusal is None) == expected, f"{who} {code} at {self.cases[no].step}: {refusal and refusal.detail}"
        if refusal is None:
            self.cases[no].take(code, who, told)
            return
        assert self._rows() == before
        assert refusal.detail
        assert refusal.remedy

    def _decide(self, no: str, code: str, who: str, told: str) -> DomainError | None:
        try:
            with writing(self.engine) as session, session.begin():
                form = self._form(session, code, who, told)
                session.flush()
                hazard = access.lock_hazard_for(session, no, _operation(code), by=self.town.actors[who])
                office.decide(session, hazard, DecisionCode(code), form, by=self.town.actors[who], at=self.at)
        except DomainError as refusal:
            return refusal
        return None

    def _form(self, session: Session, code: str, who: str, told: str) -> Any:
        if code in FORMS_OF_THE_WAY:
            return form_for(session, self.town, DecisionCode(code), self.at)
        if code == "COMPLETE":
            pair = [photo(session, self.town.actors[who], name) for name in ("前.jpg", "后.jpg")]
            return filled(DecisionCode.COMPLETE, at=self.at, photo_pairs=[pair])
        changes = {"INFORM": {"informed": told}, "ARBITRATE": {"lead_unit": "YJB"}, "PROGRESS": {"percent": 100}}
        return filled(DecisionCode(code), at=self.at, **changes.get(code, {}))

    def _rows(self) -> list[int]:
        with writing(self.engine) as session:
            tables = (HAZARD, DECISION, AUDIT_EVENT, OUTBOX, DEADLINE, WORK_ITEM)
            return [session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]

    @invariant()
    def the_ledger_is_as_the_model_has_it(self) -> None:
        if not getattr(self, "cases", None):
            return
        with writing(self.engine) as session:
            for hazard in session.execute(select(HAZARD)).all():
                case = self.cases[hazard.no]
                assert (hazard.step, hazard.cycle, hazard.open_requests) == (case.step, case.cycle, len(case.asked))
                assert _moves(session, hazard) == ([] if case.step in ENDS else [case.step])
                assert _clocks(session, hazard) == case.live()
                assert _duties(session, hazard) == _wanted(case)
                assert hazard.step in OPEN or hazard.step in ENDS
                _check_history(session, hazard)


def _operation(code: str) -> Any:
    return next(move.operation for move in MOVES if move.decision == code)


def _due(session: Session, row: Any, at: datetime) -> list[Any]:
    ladder, calendar = policies.ladder(session, row.ladder_version), policies.calendar(session, row.calendar_version)
    until = min(at, row.closed_at - timedelta(microseconds=1)) if row.closed_at else at
    return [rung for rung in rungs(row.start_at, row.due_at, row.against, ladder, calendar) if rung.at <= until]


def _moves(session: Session, hazard: Any) -> list[str]:
    mine = (WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.closed_at.is_(None), WORK_ITEM.c.is_move)
    return list(session.execute(select(WORK_ITEM.c.kind).where(*mine)).scalars())


def _duties(session: Session, hazard: Any) -> Counter[str]:
    mine = (WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.closed_at.is_(None), ~WORK_ITEM.c.is_move)
    return Counter(session.execute(select(WORK_ITEM.c.kind).where(*mine)).scalars())


def _clocks(session: Session, hazard: Any) -> Counter[str]:
    mine = (DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.closed_at.is_(None))
    return Counter(session.execute(select(DEADLINE.c.clock).where(*mine)).scalars())


def _wanted(case: Case) -> Counter[str]:
    items = Counter({f"GRANT_{kind}": 1 for kind in case.asked})
    for clock, count in case.live().items():
        if kind := (DUTY | EXPLAINED).get(clock):
            items[kind] += count
    return items


def _check_history(session: Session, hazard: Any) -> None:
    """The chain is whole, and folded it is the row."""
    rows = session.execute(
        select(AUDIT_EVENT).where(AUDIT_EVENT.c.stream == hazard.id).order_by(AUDIT_EVENT.c.seq)
    ).all()
    folded = history_check.fold([json.loads(row.body) for row in rows])
    kept = {name: value for name, value in hazard._mapping.items() if name in folded}
    assert {
        name: trail.stamp(value) if isinstance(value, datetime) else value for name, value in kept.items()
    } == folded
    assert (rows[-1].seq, rows[-1].hash) == (hazard.chain_seq, hazard.chain_head)


def test_whatever_anybody_does_the_office_and_the_model_agree(databases: Databases):
    OfficeMachine.databases = databases
    run_state_machine_as_test(
        OfficeMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            phases=(Phase.generate,),
            database=None,
        ),
    )
