"""A machine that takes any decision by anybody at any time, right or wrong, and holds the services against the model."""

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
from model.choices import onward, signing, taken_back, within_office
from model.ledger import check_history, doubled_signers, escalations_of, live_clocks, name_of, open_items
from sqlalchemy import func, select
from sqlmodel import Session

from databases import Databases, opened
from handling import filled
from model.case import NEXT_VISIT_DAYS, Case
from model.dates import CHINA, Run
from model.office import DECISIONS, DUTY, ENDS, INBOX, PARTS, PERSONS
from models.engine import writing
from models.errors import DomainError
from models.permissions import Role
from models.process import MOVES, DecisionCode, moves_at
from models.stage import Step
from models.tables import (
    AUDIT_EVENT,
    DEADLINE,
    DECISION,
    ESCALATION,
    HAZARD,
    HAZARD_REQUEST,
    OUTBOX,
    SIGNATURE,
    WORK_ITEM,
)
from services import access, escalations, inbox, office
from town import NOON, Town, add_person, form_for, photo, report

INFORMED = ("PRINCIPAL", "ACTUAL_CONTROLLER")
EXAMPLES, STEPS = int(os.environ.get("HAZARDFLOW_MODEL_EXAMPLES", "20")), 30
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
EVERYTHING = (
    HAZARD, DECISION, AUDIT_EVENT, OUTBOX, DEADLINE, WORK_ITEM, SIGNATURE, HAZARD_REQUEST, ESCALATION,
)  # fmt: skip


class OfficeMachine(RuleBasedStateMachine):
    databases: Databases

    @initialize()
    def open_the_office(self) -> None:
        self.opening: AbstractContextManager[Any] = opened(self.databases, with_town=True)
        self.engine = self.opening.__enter__()
        settled = self.databases.town
        self.town = Town(dict(settled.units), settled.enterprise, dict(settled.persons), dict(settled.actors))
        with writing(self.engine) as session, session.begin():
            add_person(session, self.town, "second_clerk", "安委办经办人乙", Role.SC, "AWB", None, NOON)
            add_person(session, self.town, "inner_clerk", "安委办驻应急办经办人", Role.SC, "YJB", None, NOON)
        self.at = NOON
        self.cases: dict[str, Case] = {}
        self.said: dict[str, Counter[Any]] = {}

    def teardown(self) -> None:
        if hasattr(self, "opening"):
            self.opening.__exit__(None, None, None)

    @rule()
    @precondition(lambda self: len(self.cases) < 3)
    def somebody_reports(self) -> None:
        with writing(self.engine) as session, session.begin():
            no = report(session, self.town, at=self.at).no
        self.cases[no], self.said[no] = Case(self.at), Counter()

    @rule(data=st.data(), moves=st.integers(1, 16))
    @precondition(lambda self: self.cases)
    def the_work_goes_on(self, data: st.DataObject, moves: int) -> None:
        """So many decisions by whoever may take them, most of them along the straight way, or no case would ever close."""
        no = data.draw(st.sampled_from(sorted(self.cases)))
        for _ in range(moves):
            case, told = self.cases[no], data.draw(st.sampled_from(INFORMED))
            ahead, then = onward(case), self.at + timedelta(minutes=1)
            right = {(code, who): code for code in DECISIONS for who in PERSONS if case.allows(code, who, told, then)}
            straight = [pair for pair, code in right.items() if code == ahead]
            aside = data.draw(st.integers(0, 3)) == 0
            if not right:
                return
            self._attempt(no, *data.draw(st.sampled_from(list(right) if aside or not straight else straight)), told)

    @rule(data=st.data(), tries=st.integers(1, 5), told=st.sampled_from(INFORMED))
    @precondition(lambda self: self.cases)
    def whoever_holds_the_office_tries(self, data: st.DataObject, tries: int, told: str) -> None:
        """What a person's office allows here, whatever that person did before and whatever is missing."""
        no = data.draw(st.sampled_from(sorted(self.cases)))
        for _ in range(tries):
            entitled = signing(self.cases[no]) or within_office(self.cases[no])
            if entitled:
                self._attempt(no, *data.draw(st.sampled_from(entitled)), told)

    @rule(data=st.data())
    @precondition(lambda self: any(taken_back(case) for case in self.cases.values()))
    def somebody_thinks_again(self, data: st.DataObject) -> None:
        no = data.draw(st.sampled_from([no for no, case in sorted(self.cases.items()) if taken_back(case)]))
        self._attempt(no, *taken_back(self.cases[no])[0], INFORMED[0])

    @rule(data=st.data(), code=st.sampled_from(DECISIONS), who=st.sampled_from(PERSONS), told=st.sampled_from(INFORMED))
    @precondition(lambda self: self.cases)
    def anybody_decides_anything(self, data: st.DataObject, code: str, who: str, told: str) -> None:
        self._attempt(data.draw(st.sampled_from(sorted(self.cases))), code, who, told)

    @rule(data=st.data(), claims=st.booleans())
    @precondition(lambda self: any(case.step in INBOX for case in self.cases.values()))
    def somebody_claims_or_releases(self, data: st.DataObject, claims: bool) -> None:
        no = data.draw(st.sampled_from([no for no, case in sorted(self.cases.items()) if case.step in INBOX]))
        case = self.cases[no]
        who = data.draw(st.sampled_from(sorted(INBOX[case.step])) | st.sampled_from(PERSONS))
        mine = (who in INBOX[case.step] and case.claimed in {"", who}) if claims else case.claimed == who
        assert self._claim(no, who, claims) == mine, f"{who} {'claims' if claims else 'releases'} at {case.step}"
        if mine:
            case.claimed = who if claims else ""

    @rule(hours=st.sampled_from([1, 9, 30, 24 * 8, 24 * 40]))
    def time_passes(self, hours: int) -> None:
        self.at += timedelta(hours=hours)

    @rule()
    def the_dispatcher_sweeps(self) -> None:
        with writing(self.engine) as session, session.begin():
            for deadline in escalations.due_deadlines(session, at=self.at, limit=1000):
                escalations.fire_due_rungs(session, deadline, at=self.at)
        for no, case in self.cases.items():
            for run, levels in case.sweep(self.at):
                self._say(no, run, levels)

    def _say(self, no: str, run: Run, levels: list[tuple[int, datetime, bool]]) -> None:
        for level, due, late in levels:
            self.said[no][run.clock, run.start, level, due, self.at, late] += 1

    def _attempt(self, no: str, code: str, who: str, told: str) -> None:
        self.at += timedelta(minutes=1)
        case, before = self.cases[no], self._rows()
        expected, was = case.allows(code, who, told, self.at), case.step
        refusal = self._decide(no, code, who, told)
        assert (refusal is None) == expected, f"{who} {code} at {was}: {refusal and refusal.detail}"
        if refusal is None:
            case.take(code, who, told, self.at)
            if case.alarm:
                run, level = case.alarm
                self._say(no, run, run.raise_to(level, self.at))
                case.alarm = None
            return
        assert self._rows() == before
        assert refusal.detail
        assert refusal.rule
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
        pieces = [photo(session, self.town.actors[who], name) for name in ("前.jpg", "后.jpg")]
        changes = {"INFORM": {"informed": told}, "ARBITRATE": {"lead_unit": "YJB"}, "PROGRESS": {"percent": 100},
                   "CANNOT_REVIEW": {"next_visit_on": (self.at.astimezone(CHINA) + timedelta(days=NEXT_VISIT_DAYS)).date()},
                   "COMPLETE": {"photo_pairs": [pieces]}, "PROVE_REMOVAL": {"evidence": pieces}}  # fmt: skip
        return filled(DecisionCode(code), at=self.at, **changes.get(code, {}))

    def _claim(self, no: str, who: str, claims: bool) -> bool:
        take = inbox.claim_item if claims else inbox.release_item
        try:
            with writing(self.engine) as session, session.begin():
                hazard = session.execute(select(HAZARD).where(HAZARD.c.no == no)).one()
                item = next(item for item in open_items(session, hazard) if item.is_move)
                take(session, item.id, by=self.town.actors[who])
        except DomainError:
            return False
        return True

    def _rows(self) -> list[int]:
        with writing(self.engine) as session:
            return [session.execute(select(func.count()).select_from(table)).scalar_one() for table in EVERYTHING]

    @invariant()
    def the_ledger_is_as_the_model_has_it(self) -> None:
        if not getattr(self, "cases", None):
            return
        with writing(self.engine) as session:
            for hazard in session.execute(select(HAZARD)).all():
                self._hold(session, hazard, self.cases[hazard.no])

    def _hold(self, session: Session, hazard: Any, case: Case) -> None:
        assert (hazard.step, hazard.cycle, hazard.open_requests) == (case.step, case.cycle, len(case.asked))
        items = open_items(session, hazard)
        moves = [item for item in items if item.is_move]
        assert [(item.kind, name_of(session, item.assignee_id)) for item in moves] == (
            [] if case.step in ENDS else [(case.step, case.claimed)]
        )
        assert live_clocks(session, hazard) == Counter((run.clock, run.start, run.due) for run in case.live())
        running = [run.due for run in case.live() if run.clock == case.clock_of(case.step)]
        assert [hazard.due_at] * len(running) == running
        assert Counter((item.kind, item.due_at) for item in items if not item.is_move) == _duties(case)
        open_to_end = {move.decision for move in moves_at(Step(hazard.step))}
        assert {item.kind for item in items if not item.is_move} <= open_to_end
        assert escalations_of(session, hazard) == self.said[hazard.no]
        assert doubled_signers(session, hazard, PARTS) == []
        check_history(session, hazard)


def _operation(code: str) -> Any:
    return next(move.operation for move in MOVES if move.decision == code)


def _duties(case: Case) -> Counter[tuple[str, datetime]]:
    """The work items that stand beside the move: one for each clock that is no step's, due when it is due."""
    return Counter(
        (f"GRANT_{run.subject}" if run.subject else DUTY[run.clock], run.due)
        for run in case.live()
        if run.subject or run.clock in DUTY
    )


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
