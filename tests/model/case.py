"""One hazard as the model has it: where it stands, who signed what, what is asked, which clocks run."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from model import office
from model.dates import Run, local, night
from model.office import CLOCK, ENDS, ROWS, SAID

NAMED = {"ASSIGN": 30, "FAIL": 10, "PARTIAL": 10, "RETURN_REDO": 10, "next_visit": 3}  # days in the forms
DATED, INFORMED = {"EXTENSION", "LAST_EXTENSION", "LONG_LIMIT"}, {"PRINCIPAL", "ACTUAL_CONTROLLER"}
FACTS = ("step", "marks", "failures", "days")  # what a withdrawal puts back as it was
SLEEPLESS = {"interim_check", "freeze_review"}  # clocks whose ladder goes on while the hazard is frozen


@dataclass(eq=False)
class Case:
    beside: list["Case"]
    """Every case of the office; below, (who, day) → who decides for them on that day."""
    lent: dict[tuple[str, date], str]
    step: str = "TRIAGE"
    marks: frozenset[str] = frozenset()
    failures: int = 0
    days: int | None = None
    cycle: int = 1
    holders: dict[tuple[str, str], str] = field(default_factory=dict)
    """(chain, person or unit) → the part held in this cycle; below, what is asked: by whom, and what."""
    asked: dict[str, tuple[set[str], Any]] = field(default_factory=dict)
    frozen: datetime | None = None
    into: "Case | None" = None
    claimed: str = ""
    last: tuple[str, str, datetime, dict[str, Any]] | None = None
    """The newest decision, by whom, when, and how things were before; below, (clock, level) told at once with it."""
    alarms: list[tuple[str, int]] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    def people(self, groups: str) -> set[str]:
        firm = "assigned" in self.marks and "unowned" not in self.marks
        table = office.PEOPLE if firm else office.WITHOUT_FIRM
        return set().union(*(table[group] for group in groups.split()))

    def signers(self, who: str, at: datetime, part: tuple[str, ...] = ()) -> set[str]:
        """The person, whoever lent them their approvals for the day, and the unit where the part binds it."""
        lenders = {giver for (giver, day), taker in self.lent.items() if (taker, day) == (who, local(at))}
        return {who, *lenders, *([office.UNIT_OF[who]] if {*part} & office.OF_UNITS else [])}

    def allows(self, code: str, who: str, what: Any, at: datetime) -> bool:
        """Whether the office takes this decision by this person now; `what` it says: whom it told, what it asks for."""
        if code == "WITHDRAW":
            newest = self.last[:2] if self.last else ("", "")
            return newest[0] in office.WITHDRAWABLE and newest[1] == who and not self.claimed and not self.frozen
        verb, key = SAID.get(code, ("", code))
        row, deciding = ROWS[key], verb in {"GRANT", "DENY"}
        if self.step not in row.ways or who not in self.people(row.decides if deciding else row.who):
            return False
        early = key in office.BEFORE_UNITS and "accepted" not in self.marks and who in office.PEOPLE["UNIT"]
        if early or (self.frozen and code not in office.WHILE_FROZEN) or (verb and (key in self.asked) != deciding):
            return False
        about = (
            {key} if deciding else {kind for kind in self.asked if key == "EXTENSION_OPINION" and "EXTENSION" in kind}
        )
        own = any(self.asked[kind][0] & self.signers(who, at) for kind in about)
        held = {
            self.holders.get((row.part[0], one), row.part[1]) for one in self.signers(who, at, row.part) if row.part
        }
        return not own and held <= {*row.part[1:]} and (verb == "DENY" or self._holds(key, what, at))

    def _holds(self, key: str, what: Any, at: datetime) -> bool:
        marks, has = self.marks, self.marks | {run.clock for run in self.live()}
        if any((name in has) != (word in {"is", "on"}) for word, name in ROWS[key].needs):
            return False
        match key:
            case "INFORM":
                return what not in marks
            case "DEEM_RECEIVED":
                return at > self.live("receipt")[0].due
            case "RESUME_CLOCK":
                return "pause_end" in has or self.paused(at)
            case "CLOSE":
                explained = "failure_explanation" not in has or "unit_gone" in marks
                checked = "enforced" not in marks or "checked" in marks
                return explained and checked and ("unowned" in marks or marks >= INFORMED)
            case "MERGE" | "PAUSE" | "EXTENSION" | "LAST_EXTENSION" | "LONG_LIMIT":
                return self._possible(key, self.asked[key][1] if key in self.asked else what, at)
        return True

    def _possible(self, kind: str, what: Any, at: datetime) -> bool:
        if kind == "MERGE":
            return what is not None and what.step not in ENDS and "controlled" not in self.marks - what.marks
        run = self.live("rectification")[0]
        if kind == "PAUSE":
            days = (what - local(at)).days
            most = 30 - sum((local(end) - local(start)).days for start, end in run.pauses)
            return at <= run.due and 1 <= days <= most and not self.paused(at)
        longest = Run("listed_long_works" if "listed" in self.marks else "rectification_longest", run.start).due
        return at <= run.due < night(what) and (kind == "LONG_LIMIT" or night(what) <= longest)

    def take(self, code: str, who: str, what: Any, at: datetime) -> None:
        before, self.alarms = {name: getattr(self, name) for name in FACTS}, []
        verb, key = SAID.get(code, ("", code))
        if code == "WITHDRAW":
            self._take_back(at)
        elif verb == "ASK" and who not in office.ALONE.get(key, set()):
            self.asked[key] = self.signers(who, at), what
            rule = "short_extension_decision" if "EXTENSION" in key and self.length() < 60 else ""
            self.start("extension_decision" if "EXTENSION" in key else "request_decision", at, subject=key, rule=rule)
            self.runs += [Run("extension_opinion", at)] if "EXTENSION" in key else []
            self.alarms = [("rectification", 3)] if key == "LAST_EXTENSION" else []
        elif verb:
            self._decide(key, at + timedelta(microseconds=verb == "ASK"), granted=verb != "DENY")
        else:
            for one in self.signers(who, at, ROWS[key].part) if ROWS[key].part else ():
                self.holders[ROWS[key].part[0], one] = ROWS[key].part[1]
            self._leave(key, what, at)
            self._move(ROWS[key].ways[self.step], at)
        self.last = (code, who, at, before)
        self.claimed = "" if before["step"] != self.step else self.claimed

    def _leave(self, key: str, what: Any, at: datetime) -> None:
        self.days = NAMED.get(key, self.days)
        for word, name in [*ROWS[key].leaves, *([("mark", what)] if key == "INFORM" else [])]:
            if word in {"mark", "clear"}:
                self.marks = self.marks | {name} if word == "mark" else self.marks - {name}
            if word in {"stop", "again"}:
                self.end(self.live(name), at)
            if word in {"start", "again"}:
                self.start(name, at, rule="long_works_progress" if name == "progress" and self.length() > 90 else "")
        match key:
            case "INFORM":
                self.end(self.live("inform") if self.marks >= INFORMED else (), at)
            case "URGENT_CONTROL":
                self.alarms = [("interim_check", 2)]
                for clock in [run.clock for run in self.live() if run.clock in office.URGENT]:
                    self.end(self.live(clock), at)
                    self.start(office.URGENT[clock], at)
            case "TO_ENFORCEMENT":
                self.alarms = [("rectification", 4), (CLOCK[self.step], 4)]
            case "UNIT_CLOSED":
                self.end(self.live("progress_question") + self.live("failure_explanation"), at, lapsed=True)
            case "CHANGE_OWNER":
                self.marks = (self.marks ^ {"unowned"}) - INFORMED - {"unit_gone"}
                self.end(self.live("inform"), at, lapsed=True)
                self.runs += [Run("inform", at)] if "unowned" not in self.marks else []
                self.claimed = "" if self.step in {"PLAN", "WORK"} else self.claimed
            case "FREEZE" | "UNFREEZE":
                self.frozen = at if key == "FREEZE" else None
            case "CANNOT_VERIFY":
                self.marks |= {"tried_twice"} if "tried" in self.marks else {"tried"}
            case "RESUME_CLOCK" if self.paused(at):
                run = self.live("rectification")[0]
                self.runs.append(run.replaced(at, pauses=[*run.pauses[:-1], (run.pauses[-1][0], at)]))
            case "FAIL":
                self.failures += 1
                self.alarms = [("rectification", min(self.failures + 1, 3))]
                if self.failures >= 2 and not self.live("failure_explanation"):
                    self.start("failure_explanation", at)

    def _move(self, to: str, at: datetime) -> None:
        if to == self.step:
            return
        old, new = self.clock_of(self.step), self.clock_of(to)
        ended = {clock for clock, steps in office.STEP_DUTY.items() if self.step in steps and to not in steps}
        self.end((run for run in self.live() if run.clock in ended | ({old} - {new})), at)
        for kind in [kind for kind in self.asked if to not in ROWS[kind].ways]:
            self._settle(kind, at, lapsed=True)
        self.step = to
        if to in ENDS:
            self.end(
                (run for run in self.live() if to != "CLOSED" or run.clock not in office.PUBLISHED), at, lapsed=True
            )
            self.marks -= {"controlled", "full"}
            owed = self.sources() if to != "MERGED" and len(self.sources()) > 1 else []
            self.runs += [Run("reporter_answer", at, source=source) for source in owed]
            for clock in ("look_back_30", "look_back_90") if to == "CLOSED" else ():
                self.start(clock, at)
        elif not self.live(new):
            self.start(new, at)
        if to == "WORK":
            self.start("progress", at)

    def sources(self) -> list["Case"]:
        """The cases whose reports it carries: its own, and those that went into it."""
        return [self, *(source for one in self.beside if one.into is self for source in one.sources())]

    def _take_back(self, at: datetime) -> None:
        """Everything the newest decision moved is as it was; what it started ends, what it ended runs on."""
        _, _, then, before = self.last or ("", "", at, {})
        for run in self.runs:
            if run.closed == then and not run.lapsed:
                run.closed = None
        self.end((run for run in self.live() if run.start == then), at, lapsed=True)
        for kind in [kind for kind in self.asked if before["step"] not in ROWS[kind].ways]:
            self._settle(kind, at, lapsed=True)
        self.step, _, self.failures, self.days = before.values()
        self.marks = before["marks"] | self.marks & {"evidenced"}

    def _decide(self, kind: str, at: datetime, *, granted: bool) -> None:
        what: Any = self._settle(kind, at) if kind in self.asked else None
        if not granted:
            return
        for run in self.live("rectification") if kind in DATED | {"PAUSE"} else ():
            changes = {"on": what} if kind in DATED else {"pauses": [*run.pauses, (at, night(what))]}
            self.runs.append(run.replaced(at, **changes))
        if kind == "PAUSE":
            self.end(self.live("pause_end"), at)
            self.start("pause_end", at, on=what)
        self._leave(kind, what, at)
        for one in self.beside if kind == "UNMERGE" else ():
            one.end((run for run in one.live("reporter_answer") if run.source in self.sources()), at, lapsed=True)
        self.into = {"MERGE": what, "UNMERGE": None}.get(kind, self.into)
        if kind == "REOPENING":
            self.cycle, self.holders = self.cycle + 1, {}
            for run in self.runs:
                run.warned = False
            self.marks, self.failures, self.days = self.marks & office.KEPT, 0, None
        self._move(ROWS[kind].ways[self.step], at)

    def _settle(self, kind: str, at: datetime, *, lapsed: bool = False) -> Any:
        self.end((run for run in self.live() if run.subject == kind), at, lapsed=lapsed)
        self.end(self.live("extension_opinion") if "EXTENSION" in kind else (), at, lapsed=True)
        return self.asked.pop(kind)[1]

    def clock_of(self, step: str) -> str:
        clock = CLOCK.get(step, "")
        return office.URGENT.get(clock, clock) if "urgent" in self.marks else clock

    def start(self, clock: str, at: datetime, **more: Any) -> None:
        more |= {"on": local(at) + timedelta(NAMED[clock])} if clock == "next_visit" else {}
        self.runs.append(Run(clock, at, days=self.days if clock == "rectification" else None, **more))

    def end(self, runs: Any, at: datetime, *, lapsed: bool = False) -> None:
        for run in list(runs):
            run.closed, run.lapsed = at, lapsed

    def live(self, clock: str = "") -> list[Run]:
        return [run for run in self.runs if run.closed is None and clock in {"", run.clock}]

    def length(self) -> int:
        return (self.live("rectification")[0].due - self.live("rectification")[0].start).days

    def paused(self, at: datetime) -> bool:
        return any(end > at for _, end in self.live("rectification")[0].pauses)

    def sweep(self, at: datetime) -> list[tuple[Run, list[tuple[int, datetime, bool]]]]:
        """What is said now of each clock; of a frozen hazard only what fell due before."""
        until = {run.clock: at if run.clock in SLEEPLESS else min(at, self.frozen or at) for run in self.runs}
        return [(run, run.sweep(until[run.clock], at, self.runs)) for run in sorted(self.runs, key=Run.waits_until)]
