"""One hazard as the model has it: where it stands, who signed what, what is asked, which clocks run."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from model import office
from model.dates import LIMITS, Run, local, night
from model.office import ENDS, INBOX, LASTS, ROWS, SAID

INFORMED = {"PRINCIPAL", "ACTUAL_CONTROLLER"}


@dataclass(eq=False)
class Case:
    beside: list["Case"]  # every case of the office
    lent: dict[tuple[str, date], str]  # (who, day) → who decides for them on that day
    step: str = "TRIAGE"
    marks: frozenset[str] = frozenset()
    cycle: int = 1
    holders: dict[tuple[str, str], str] = field(default_factory=dict)  # (chain, person or unit) → part in this cycle
    asked: dict[str, tuple[set[str], Any]] = field(default_factory=dict)  # by whom, and what
    into: "Case | None" = None
    claimed: str = ""
    last: tuple[Any, ...] = ("", "")  # the newest decision: by whom, when, from which step, with which marks
    alarms: list[tuple[str, int]] = field(default_factory=list)  # (clock, level) told at once with it
    runs: list[Run] = field(default_factory=list)

    def people(self, groups: str) -> set[str]:
        firm = "assigned" in self.marks and "unowned" not in self.marks
        return set().union(*((office.PEOPLE if firm else office.WITHOUT_FIRM)[group] for group in groups.split()))

    def signers(self, who: str, at: datetime, part: str = "") -> set[str]:
        """The person, whoever lent them their approvals for the day, and the unit where the part binds it."""
        lenders = {giver for (giver, day), taker in self.lent.items() if (taker, day) == (who, local(at))}
        binds = part in {"review", "gate", "nod", "approve"}
        return {who, *lenders, *(unit for unit, people in office.UNITS.items() if binds and who in people)}

    def allows(self, code: str, who: str, what: Any, at: datetime) -> bool:
        """Whether the office takes this decision by this person now; `what` it says: whom it told, what it asks for."""
        frozen = self.live("freeze_review")
        if code == "WITHDRAW":
            return self.last[0] in office.WITHDRAWABLE and self.last[1] == who and not self.claimed and not frozen
        verb, key = SAID.get(code, ("", code))
        row, answers, me = ROWS[key], verb in {"GRANT", "DENY"}, self.signers(who, at, ROWS[key].part)
        judged = {key} | {kind for kind in self.asked if key == "EXTENSION_OPINION" and "EXTENSION" in kind}
        return (
            self.step in row.ways
            and who in self.people(row.decides if answers else row.who)
            and ("accepted" in self.marks or who not in office.PEOPLE["UNIT"] or key == "SUPPLEMENT")
            and (not frozen or code in {"UNFREEZE", "CONFIRM_CONTROL", "INFORM", "ENFORCE"})
            and (not verb or (key in self.asked) == answers)
            and not any(by & me for kind, (by, _) in self.asked.items() if kind in judged)
            and all(self.holders.get((row.chain, one), row.part) == row.part for one in me)
            and (verb == "DENY" or self._holds(key, what, at))
        )

    def _holds(self, key: str, what: Any, at: datetime) -> bool:
        run = next(iter(self.live("rectification")), Run("", at))
        what = self.asked[key][1] if key in self.asked else what
        over = {f"{run.clock}_over" for run in self.live() if at > run.due}
        has = self.marks | over | {run.clock for run in self.live()}
        for word, name in ROWS[key].words:
            if word in {"is", "not", "does"} and (name.replace("*", str(what)) in has) == (word == "not"):
                return False
        match key:
            case "CLOSE":
                return "failure_explanation" not in has or "gone" in has
            case "MERGE":
                return what is not None and what.step not in ENDS and "controlled" not in self.marks - what.marks
            case "PAUSE":
                cap = 30 - sum((local(end) - local(start)).days for start, end in run.pauses)
                return at <= run.due and 1 <= (what - local(at)).days <= cap and all(end <= at for _, end in run.pauses)
            case "EXTENSION" | "LAST_EXTENSION" | "LONG_LIMIT":
                longest = Run("listed_long_works" if "listed" in has else "rectification_longest", run.start).due
                return at <= run.due < night(what) and (key == "LONG_LIMIT" or night(what) <= longest)
        return True

    def take(self, code: str, who: str, what: Any, at: datetime) -> None:
        step, marks = self.step, self.marks
        self.alarms = [("rectification", 3)] if code == "ASK_LAST_EXTENSION" else []
        verb, key = SAID.get(code, ("", code))
        if code == "WITHDRAW":
            self._take_back(at)
        elif verb == "ASK" and not (key in {"LISTING", "REOPENING"} and who in office.TL):
            self.asked[key] = self.signers(who, at), what
            clocks = ["extension_decision", "extension_opinion"] if "EXTENSION" in key else ["request_decision"]
            short = any((run.due - run.start).days < 60 for run in self.live("rectification"))
            self.runs += [Run(clock, at, key, LIMITS.get(f"short_{clock}") if short else None) for clock in clocks]
        else:
            at += timedelta(microseconds=verb == "ASK")
            what = self._settle(key, at) if key in self.asked else what
            if verb != "DENY":
                for one in self.signers(who, at, ROWS[key].part):
                    self.holders[ROWS[key].chain, one] = ROWS[key].part
                self._leave(key, what, at)
                self._move(ROWS[key].ways[self.step], at)
        self.last = (code, who, at, step, marks)
        self.claimed = self.claimed if self.step == step and self.claimed in self.people(INBOX.get(step, "")) else ""

    def _leave(self, key: str, what: Any, at: datetime) -> None:
        for word, name in ROWS[key].words:
            if word == "mark":
                named = name.replace("*", str(what))
                self.marks |= {f"{named}_twice" if named in self.marks else named}
            if word == "clear":
                self.marks -= {name}
            if word in {"stop", "again", "does"}:
                self.end(self.live(name), at)
            if word in {"start", "again"}:
                self.runs.append(Run(name, at))
        run = next(iter(self.live("rectification")), Run("", at))
        match key:
            case "INFORM" if self.marks >= INFORMED:
                self.end(self.live("inform"), at)
            case "URGENT_CONTROL":
                self.alarms = [("interim_check", 2)]
            case "PROGRESS" if (run.due - run.start).days > 90:
                self.runs[-1].limit = LIMITS["long_works_progress"]
            case "TO_ENFORCEMENT":
                self.alarms = [("rectification", 4), (self.clock_of(self.step), 4)]
            case "CHANGE_OWNER":
                self.marks ^= {"unowned"}
                self.runs += [Run("inform", at)] if "unowned" not in self.marks else []
            case "FAIL":
                again = "failed_twice" in self.marks
                self.alarms = [("rectification", 3 if again else 2)]
                self.runs += [Run("failure_explanation", at)] if again and not self.live("failure_explanation") else []
            case "EXTENSION" | "LAST_EXTENSION" | "LONG_LIMIT":
                self.runs.append(run.replaced(at, on=what))
            case "PAUSE":
                self.runs[-1].on = what
                self.runs.append(run.replaced(at, pauses=[*run.pauses, (at, night(what))]))
            case "RESUME_CLOCK" if run.pauses and run.pauses[-1][1] > at:
                self.runs.append(run.replaced(at, pauses=[*run.pauses[:-1], (run.pauses[-1][0], at)]))
            case "MERGE" | "UNMERGE":
                answers = (owed for one in self.beside for owed in one.live("reporter_answer"))
                self.end([owed for owed in answers if owed.subject in self.sources()], at)
                self.into = what
            case "REOPENING":
                self.cycle, self.holders, self.marks = self.cycle + 1, {}, self.marks & office.KEPT
                for run in self.runs:
                    run.warned = False

    def _move(self, to: str, at: datetime) -> None:
        old, new = office.CLOCK.get(self.step, self.step.lower()), self.clock_of(to)
        if to == self.step and (to in ENDS or self.live(new)):
            return
        for run in self.live():
            if to not in LASTS.get(run.clock, office.OPEN).split() or run.clock in {old, f"urgent_{old}"} - {new}:
                run.closed = at
        self.step = to
        for kind in [kind for kind in self.asked if self.step not in ROWS[kind].ways]:
            self._settle(kind, at)
        if to in ENDS:
            self.marks -= {"controlled", "full"}
            owed = self.sources() if to != "MERGED" and len(self.sources()) > 1 else []
            self.runs += [Run("reporter_answer", at, source) for source in owed]
        elif not self.live(new):
            self.runs.append(Run(new, at, limit=(10, "CD") if to == "WORK" else None))
        self.runs += [Run(clock, at) for clock in office.OPENS.get(to, [])]

    def sources(self) -> list["Case"]:
        """The cases whose reports it carries: its own, and those that went into it."""
        return [self, *(source for one in self.beside if one.into is self for source in one.sources())]

    def _take_back(self, at: datetime) -> None:
        """Everything the newest decision moved is as it was; what it started ends, what it ended runs on."""
        _, _, then, self.step, marks = self.last
        self.end((run for run in self.live() if run.start == then), at)
        for run in self.runs:
            run.closed = None if run.closed == then and not run.subject else run.closed
        self.marks = marks | self.marks & {"evidenced"}
        for kind in [kind for kind in self.asked if self.step not in ROWS[kind].ways]:
            self._settle(kind, at)

    def _settle(self, kind: str, at: datetime) -> Any:
        self.end((run for run in self.live() if run.subject == kind), at)
        return self.asked.pop(kind)[1]

    def clock_of(self, step: str) -> str:
        clock = office.CLOCK.get(step, step.lower())
        return f"urgent_{clock}" if "urgent" in self.marks and clock in {"triage", "verification"} else clock

    def end(self, runs: Any, at: datetime) -> None:
        for run in list(runs):
            run.closed = at

    def live(self, clock: str = "") -> list[Run]:
        return [run for run in self.runs if run.closed is None and clock in {"", run.clock}]

    def sweep(self, at: datetime) -> list[tuple[Run, list[tuple[int, datetime, bool]]]]:
        """What is said now of each clock; of a frozen hazard only what fell due before."""
        frozen = min([at, *(run.start for run in self.live("freeze_review"))])
        runs = sorted(self.runs, key=lambda run: [*run.unsaid().values()][:1])
        until = {"interim_check": at, "freeze_review": at}
        return [(run, run.sweep(until.get(run.clock, frozen), at, self.runs)) for run in runs]
