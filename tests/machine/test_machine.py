"""A machine that takes any decision by anybody at any time, right or wrong, and holds the services against the model."""

import os
from collections import Counter
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
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
from sqlalchemy import select
from sqlmodel import Session

from databases import Databases, opened
from machine import choices, ledger
from machine.forms import form_of, operation_of
from model.case import INFORMED, Case
from model.dates import Run, local
from model.office import ENDS, INBOX
from models.engine import writing
from models.errors import DomainError
from models.permissions import Role
from models.process import DecisionCode, moves_at
from models.stage import Step
from models.tables import HAZARD
from services import access, delegations, escalations, inbox, office
from town import NOON, Town, add_person, report

TOLD = tuple(sorted(INFORMED))
EXAMPLES, STEPS = int(os.environ.get("HAZARDFLOW_MODEL_EXAMPLES", "20")), 30
LONG = st.sampled_from([4, 12, 24])


class OfficeMachine(RuleBasedStateMachine):
    databases: Databases

    @initialize(errands=st.lists(st.sampled_from(choices.ERRANDS), min_size=10, max_size=10))
    def open_the_office(self, errands: list[tuple[str, ...]]) -> None:
        self.errands = [code for errand in errands for code in errand]
        self.opening: AbstractContextManager[Any] = opened(self.databases, with_town=True)
        self.engine = self.opening.__enter__()
        settled = self.databases.town
        self.town = Town(dict(settled.units), settled.enterprise, dict(settled.persons), dict(settled.actors))
        with writing(self.engine) as session, session.begin():
            add_person(session, self.town, "second_clerk", "安委办经办人乙", Role.SC, "AWB", None, NOON)
            add_person(session, self.town, "inner_clerk", "安委办驻应急办经办人", Role.SC, "YJB", None, NOON)
            add_person(session, self.town, "second_head", "应急办负责人乙", Role.DH, "YJB", None, NOON)
            ledger.open_accounts(session, at=NOON)
        self.at = NOON
        self.cases: dict[str, Case] = {}
        self.lent: dict[tuple[str, date], str] = {}
        self.delegations: list[tuple[str, str, str]] = []
        """(id, giver, taker) of each that was not revoked."""
        self.said: dict[str, Counter[Any]] = {}

    def teardown(self) -> None:
        if hasattr(self, "opening"):
            self.opening.__exit__(None, None, None)

    @rule(data=st.data(), moves=LONG)
    @precondition(lambda self: len(self.cases) < 3)
    def somebody_reports(self, data: st.DataObject, moves: int) -> None:
        with writing(self.engine) as session, session.begin():
            no = report(session, self.town, at=self.at).no
        everyone = next(iter(self.cases.values())).beside if self.cases else []
        case = Case(everyone, self.lent)
        case.runs.append(Run("triage", self.at))
        everyone.append(case)
        self.cases[no], self.said[no] = case, Counter()
        self._go_on(data, no, moves)

    @rule(data=st.data(), moves=LONG)
    @precondition(lambda self: self.cases)
    def the_work_goes_on(self, data: st.DataObject, moves: int) -> None:
        self._go_on(data, data.draw(st.sampled_from(sorted(self.cases))), moves)

    @rule(data=st.data(), moves=LONG, hours=st.sampled_from([9, 30, 24 * 8]))
    @precondition(lambda self: self.cases)
    def the_work_goes_on_another_day(self, data: st.DataObject, moves: int, hours: int) -> None:
        """Another rule of the same kind: a run leaves some rules out."""
        self.at += timedelta(hours=hours)
        self._go_on(data, data.draw(st.sampled_from(sorted(self.cases))), moves)

    def _go_on(self, data: st.DataObject, no: str, moves: int) -> None:
        """So many decisions by whoever may take them: what this run has a mind to do, or on along the straight way."""
        for _ in range(moves):
            case, told = self.cases[no], data.draw(st.sampled_from(TOLD))
            able = choices.open_now(case, told, self.at + timedelta(minutes=1))
            ways = [able.keys() & {*self.errands}, able.keys() & {choices.onward(case)}, able.keys()]
            ways = [sorted(way) for way in ways if way]
            if not ways:
                return
            code = data.draw(st.sampled_from(data.draw(st.sampled_from(ways))))
            self._attempt(no, code, data.draw(st.sampled_from(able[code])), told)
            if code in self.errands:
                self.errands.remove(code)

    @rule(data=st.data(), tries=st.integers(1, 5), told=st.sampled_from(TOLD))
    @precondition(lambda self: self.cases)
    def whoever_holds_the_office_tries(self, data: st.DataObject, tries: int, told: str) -> None:
        """What a person's office allows here, whatever that person did before and whatever is missing."""
        no = data.draw(st.sampled_from(sorted(self.cases)))
        for _ in range(tries):
            entitled = choices.signing(self.cases[no]) or choices.within_office(self.cases[no])
            if entitled:
                self._attempt(no, *data.draw(st.sampled_from(entitled)), told)

    @rule(data=st.data())
    @precondition(lambda self: any(choices.taken_back(case) for case in self.cases.values()))
    def somebody_thinks_again(self, data: st.DataObject) -> None:
        no = data.draw(st.sampled_from([no for no, case in sorted(self.cases.items()) if choices.taken_back(case)]))
        self._attempt(no, *choices.taken_back(self.cases[no])[0], TOLD[0])

    @rule(
        data=st.data(),
        code=st.sampled_from(choices.DECISIONS),
        who=st.sampled_from(choices.PERSONS),
        told=st.sampled_from(TOLD),
    )
    @precondition(lambda self: self.cases)
    def anybody_decides_anything(self, data: st.DataObject, code: str, who: str, told: str) -> None:
        self._attempt(data.draw(st.sampled_from(sorted(self.cases))), code, who, told)

    @rule(data=st.data(), claims=st.booleans())
    @precondition(lambda self: any(case.step in INBOX for case in self.cases.values()))
    def somebody_claims_or_releases(self, data: st.DataObject, claims: bool) -> None:
        no = data.draw(st.sampled_from([no for no, case in sorted(self.cases.items()) if case.step in INBOX]))
        case = self.cases[no]
        finding = case.people(INBOX[case.step])
        who = data.draw(st.sampled_from(sorted(finding)) | st.sampled_from(choices.PERSONS))
        mine = (who in finding and case.claimed in {"", who}) if claims else case.claimed == who
        assert self._claim(no, who, claims) == mine, f"{who} {'claims' if claims else 'releases'} at {case.step}"
        if mine:
            case.claimed = who if claims else ""

    @rule(data=st.data(), days=st.integers(1, 14))
    def somebody_lends_their_approvals(self, data: st.DataObject, days: int) -> None:
        """To a colleague of the same unit and rank; nobody's approvals lie with two, nor with somebody who is away."""
        giver, taker = data.draw(st.sampled_from(choices.RANKS).flatmap(lambda rank: st.permutations(sorted(rank))))[:2]
        first = local(self.at) + timedelta(days=data.draw(st.integers(0, 2)))
        dates = [first + timedelta(days=number) for number in range(days)]
        free = not any((one, day) in self.lent for one in (giver, taker) for day in dates)
        made = self._delegate(giver, taker, first, dates[-1])
        assert bool(made) == free, f"{giver} lends to {taker} from {first} for {days} days"
        if made:
            self.delegations.append((made, giver, taker))
            self.lent |= {(giver, day): taker for day in dates}

    @rule(data=st.data())
    @precondition(lambda self: self.delegations)
    def somebody_takes_their_approvals_back(self, data: st.DataObject) -> None:
        made, giver, taker = self.delegations.pop(data.draw(st.integers(0, len(self.delegations) - 1)))
        with writing(self.engine) as session, session.begin():
            row = delegations.revoke(session, made, by=self.town.actors[giver], at=self.at)
        first, last = max(date.fromisoformat(row.from_on), local(self.at)), date.fromisoformat(row.until_on)
        for number in range((last - first).days + 1):
            assert self.lent.pop((giver, first + timedelta(days=number))) == taker

    def _delegate(self, giver: str, taker: str, first: date, last: date) -> str:
        by, to = self.town.actors[giver], self.town.actors[taker].person_id
        try:
            with writing(self.engine) as session, session.begin():
                made = delegations.delegate(
                    session, to, unit=None, first=first, last=last, reason="外出学习", by=by, at=self.at
                )
                return made.id
        except DomainError:
            return ""

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
        case, before = self.cases[no], ledger.rows_in(self.engine)
        what, was = choices.said(case, code, told, self.at), case.step
        expected = case.allows(code, who, what, self.at)
        refusal = self._decide(no, code, who, what)
        assert (refusal is None) == expected, f"{who} {code} at {was}: {refusal and refusal.detail}"
        if refusal is None:
            case.take(code, who, what, self.at)
            for clock, level in case.alarms:
                run = next((one for one in case.live(clock) if level not in one.said), None)
                if run:
                    self._say(no, run, run.say(range(level + 1), self.at))
                    break
            return
        assert ledger.rows_in(self.engine) == before
        assert refusal.detail
        assert refusal.rule
        assert refusal.remedy

    def _decide(self, no: str, code: str, who: str, what: Any) -> DomainError | None:
        try:
            with writing(self.engine) as session, session.begin():
                form = form_of(session, self.town, self.cases, no, code, who, what, at=self.at)
                session.flush()
                by = ledger.actor_now(session, self.town.actors[who], at=self.at)
                hazard = access.lock_hazard_for(session, no, operation_of(code), by=by)
                office.decide(session, hazard, DecisionCode(code), form, by=by, at=self.at)
        except DomainError as refusal:
            return refusal
        return None

    def _claim(self, no: str, who: str, claims: bool) -> bool:
        take = inbox.claim_item if claims else inbox.release_item
        try:
            with writing(self.engine) as session, session.begin():
                hazard = session.execute(select(HAZARD).where(HAZARD.c.no == no)).one()
                item = next(item for item in ledger.open_items(session, hazard) if item.is_move)
                take(session, item.id, by=self.town.actors[who])
        except DomainError:
            return False
        return True

    @invariant()
    def the_ledger_is_as_the_model_has_it(self) -> None:
        if not getattr(self, "cases", None):
            return
        with writing(self.engine) as session:
            for hazard in session.execute(select(HAZARD)).all():
                self._hold(session, hazard, self.cases[hazard.no])

    def _hold(self, session: Session, hazard: Any, case: Case) -> None:
        assert (hazard.step, hazard.cycle, hazard.open_requests) == (case.step, case.cycle, len(case.asked))
        items = ledger.open_items(session, hazard)
        moves = [item for item in items if item.is_move]
        assert [
            (item.kind, ledger.name_of(session, item.assignee_id), ledger.finders(item, self.town.actors))
            for item in moves
        ] == ([] if case.step in ENDS else [(case.step, case.claimed, case.people(INBOX[case.step]))]), (
            "not exactly one owner of the next move"
        )
        assert ledger.live_clocks(session, hazard) == Counter((run.clock, run.start, run.due) for run in case.live())
        running = [run.due for run in case.live() if run.clock == case.clock_of(case.step)]
        assert [hazard.due_at] * (case.step not in ENDS) == running, "not exactly one live deadline"
        assert Counter((item.kind, item.due_at) for item in items if not item.is_move) == choices.duties_of(case)
        open_to_end = {move.decision for move in moves_at(Step(hazard.step))}
        assert {item.kind for item in items if not item.is_move} <= open_to_end | {"reporter_answer"}
        assert ledger.escalations_of(session, hazard) == self.said[hazard.no]
        assert ledger.doubled_signers(session, hazard, choices.PARTS) == []
        ledger.check_history(session, hazard)


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
