"""The office in sets and dictionaries: what may happen to a hazard, said a second time in other words than the program's.

Written from `docs/regulations.md` and the appendices of the process, not from the move table. Nothing here knows a database.
"""

from collections import Counter
from dataclasses import dataclass, field

SC, TL = {"clerk"}, {"leader", "mayor", "director"}
OFFICERS, HEAD = {"officer", "second_officer"}, {"head"}
UNIT, FIRM, VILLAGE = OFFICERS | HEAD, {"principal", "controller"}, {"villager"}
PERSONS = sorted(SC | TL | UNIT | FIRM | VILLAGE | {"other_officer", "other_head", "auditor", "admin", "district"})

CHECKING = ("CLASSIFY", "CONFIRM_MAJOR", "CONFIRM_GENERAL", "CONFIRM_NOT_HAZARD")
RECTIFYING = ("PLAN", "PLAN_REVIEW", "WORK")
ASSIGNED = (*RECTIFYING, "RECHECK", "JUDGE", "GATE")
MAJOR = ("ASSIGN", "SIGN", "ARBITRATE", *ASSIGNED)
ENDS = ("CLOSED", "DISMISSED", "DOWNGRADED", "VOIDED", "TRANSFER_DONE")

WAYS: dict[tuple[str, str], tuple[str, set[str]]] = {
    ("TRIAGE", "ACCEPT"): ("CLASSIFY", SC),
    ("TRIAGE", "RETURN_SUPPLEMENT"): ("SUPPLEMENT", SC),
    ("SUPPLEMENT", "SUPPLEMENT"): ("TRIAGE", UNIT | VILLAGE | SC | FIRM),
    ("TRIAGE", "TRANSFER_OUT"): ("TRANSFER_RECEIPT", SC | TL),
    ("CLASSIFY", "TRANSFER_OUT"): ("TRANSFER_RECEIPT", SC | TL),
    ("ASSIGN", "TRANSFER_OUT"): ("TRANSFER_RECEIPT", SC | TL),
    ("TRANSFER_RECEIPT", "TRANSFER_RECEIVED"): ("TRANSFER_FOLLOW", SC | TL),
    ("TRANSFER_RECEIPT", "TAKE_BACK"): ("TRIAGE", SC | TL),
    ("TRANSFER_FOLLOW", "TAKE_BACK"): ("TRIAGE", SC | TL),
    ("TRANSFER_FOLLOW", "TRANSFER_ENDED"): ("TRANSFER_DONE", SC | TL),
    ("CLASSIFY", "RETURN_TO_TRIAGE"): ("TRIAGE", UNIT | SC),
    ("CLASSIFY", "MAJOR"): ("CONFIRM_MAJOR", UNIT | SC),
    ("CLASSIFY", "GENERAL"): ("CONFIRM_GENERAL", UNIT | SC),
    ("CLASSIFY", "NOT_HAZARD"): ("CONFIRM_NOT_HAZARD", UNIT | SC),
    ("CONFIRM_MAJOR", "CONFIRM"): ("ASSIGN", HEAD | SC),
    ("CONFIRM_GENERAL", "CONFIRM"): ("APPROVE_GENERAL", HEAD | SC),
    ("CONFIRM_NOT_HAZARD", "CONFIRM"): ("APPROVE_NOT_HAZARD", HEAD | SC),
    ("CONFIRM_MAJOR", "RETURN_FINDING"): ("CLASSIFY", HEAD | SC),
    ("CONFIRM_GENERAL", "RETURN_FINDING"): ("CLASSIFY", HEAD | SC),
    ("CONFIRM_NOT_HAZARD", "RETURN_FINDING"): ("CLASSIFY", HEAD | SC),
    ("APPROVE_GENERAL", "APPROVE_DOWNGRADE"): ("DOWNGRADED", SC | TL),
    ("APPROVE_NOT_HAZARD", "APPROVE_DOWNGRADE"): ("DISMISSED", SC | TL),
    ("APPROVE_GENERAL", "REFUSE_DOWNGRADE"): ("CLASSIFY", SC | TL),
    ("APPROVE_NOT_HAZARD", "REFUSE_DOWNGRADE"): ("CLASSIFY", SC | TL),
    ("ASSIGN", "ASSIGN"): ("SIGN", SC | TL),
    ("SIGN", "SIGN"): ("PLAN", UNIT),
    ("SIGN", "RETURN_NOT_MINE"): ("ARBITRATE", UNIT),
    ("ARBITRATE", "ARBITRATE"): ("SIGN", SC | TL),
    ("PLAN", "SUBMIT_PLAN"): ("PLAN_REVIEW", FIRM),
    ("PLAN_REVIEW", "APPROVE_PLAN"): ("WORK", UNIT),
    ("PLAN_REVIEW", "RETURN_PLAN"): ("PLAN", UNIT),
    ("WORK", "PROGRESS"): ("WORK", OFFICERS | FIRM | VILLAGE),
    ("WORK", "COMPLETE"): ("RECHECK", FIRM),
    ("RECHECK", "RECHECK"): ("JUDGE", OFFICERS),
    ("JUDGE", "PASS"): ("GATE", HEAD),
    ("JUDGE", "FAIL"): ("WORK", UNIT),
    ("JUDGE", "PARTIAL"): ("WORK", UNIT),
    ("GATE", "RETURN_REDO"): ("WORK", SC | TL),
    ("GATE", "CLOSE"): ("CLOSED", SC | TL),
    **{(step, "INFORM"): (step, UNIT) for step in ("SIGN", *ASSIGNED)},
    **{(step, "FREEZE"): (step, UNIT | SC | TL) for step in (*CHECKING, *MAJOR)},
    **{(step, "UNFREEZE"): (step, TL) for step in (*CHECKING, *MAJOR)},
}
OPEN = sorted({step for step, _ in WAYS} - set(ENDS))
"""Steps at which something waits."""
WAYS |= {(step, "CONFIRM_CONTROL"): (step, UNIT | VILLAGE | SC) for step in OPEN}

ASKED: dict[str, tuple[set[str], set[str], dict[str, str]]] = {
    "LIFTING": (HEAD | SC | TL, HEAD | SC | TL, {step: step for step in OPEN}),
    "LISTING": (SC | TL, SC | TL, {step: step for step in MAJOR}),
    "DELISTING": (SC | TL, SC | TL, {step: step for step in MAJOR}),
    "VOIDING": (SC | TL, SC | TL, dict.fromkeys(OPEN, "VOIDED")),
    "REOPENING": (VILLAGE | UNIT | SC | TL, HEAD | SC | TL,
                  {"CLOSED": "ASSIGN", "DISMISSED": "TRIAGE", "DOWNGRADED": "TRIAGE"}),
}  # fmt: skip
"""What is asked for: by whom, granted by whom, and where that leads from each step."""
ALONE = {"LISTING": TL, "REOPENING": TL}
"""Whom no second person is asked of."""

PARTS = {
    "MAJOR": ("finding", "propose"), "GENERAL": ("finding", "propose"), "NOT_HAZARD": ("finding", "propose"),
    "CONFIRM": ("finding", "confirm"), "RETURN_FINDING": ("finding", "confirm"),
    "APPROVE_DOWNGRADE": ("finding", "approve"), "REFUSE_DOWNGRADE": ("finding", "approve"),
    "SUBMIT_PLAN": ("plan", "submit"), "APPROVE_PLAN": ("plan", "approve"), "RETURN_PLAN": ("plan", "approve"),
    "COMPLETE": ("close", "complete"), "RECHECK": ("close", "recheck"), "PASS": ("close", "review"),
    "FAIL": ("close", "review"), "PARTIAL": ("close", "review"), "CLOSE": ("close", "gate"), "RETURN_REDO": ("close", "gate"),
}  # fmt: skip
CLOCK = {
    "TRIAGE": "triage", "SUPPLEMENT": "supplement", "TRANSFER_RECEIPT": "transfer_receipt", "TRANSFER_FOLLOW": "transfer_end",
    **dict.fromkeys((*CHECKING, "APPROVE_GENERAL", "APPROVE_NOT_HAZARD"), "verification"), "ASSIGN": "assigning",
    "SIGN": "receipt", "ARBITRATE": "arbitration", "PLAN": "plan", "PLAN_REVIEW": "plan_review", "WORK": "rectification",
    "RECHECK": "review", "JUDGE": "review", "GATE": "gate",
}  # fmt: skip
DUTY = {"inform": "INFORM", "interim_check": "CONFIRM_CONTROL", "progress": "PROGRESS", "look_back_30": "LOOK_BACK_HOLDS",
        "look_back_90": "LOOK_BACK_HOLDS", "report_listing": "PUBLISH_LISTING", "publish_listing": "PUBLISH_LISTING",
        "publish_delisting": "PUBLISH_LISTING"}  # fmt: skip
"""The work item beside each clock that is no step's."""
DECISIONS = sorted(
    {code for _, code in WAYS} | {f"{verb}_{kind}" for kind in ASKED for verb in ("ASK", "GRANT", "DENY")}
)


@dataclass
class Case:
    """One hazard as the model has it."""

    step: str = "TRIAGE"
    cycle: int = 1
    holders: dict[tuple[str, str], str] = field(default_factory=dict)
    """(chain, person) → the part held in this cycle."""
    told: set[str] = field(default_factory=set)
    controlled: bool = False
    listed: bool = False
    frozen: bool = False
    arbitrated: bool = False
    evidenced: bool = False
    asked: dict[str, str] = field(default_factory=dict)
    """What is asked for, by whom."""
    clocks: Counter[str] = field(default_factory=lambda: Counter(triage=1))
    failures: int = 0

    def allows(self, code: str, who: str, person_told: str = "") -> bool:
        """Whether the office takes this decision by this person now."""
        verb, _, kind = code.partition("_")
        if kind in ASKED and verb in {"ASK", "GRANT", "DENY"}:
            return self._allows_request(verb, kind, who)
        if (self.step, code) not in WAYS or who not in WAYS[self.step, code][1]:
            return False
        if self.frozen and code != "UNFREEZE":
            return False
        chain, part = PARTS.get(code, ("", ""))
        if chain and self.holders.get((chain, who), part) != part:
            return False
        return self._ready(code, person_told)

    def _ready(self, code: str, person_told: str) -> bool:
        match code:
            case "INFORM":
                return person_told not in self.told
            case "CONFIRM_CONTROL":
                return self.controlled
            case "UNFREEZE":
                return self.frozen
            case "RETURN_NOT_MINE":
                return not self.arbitrated
            case "CLOSE":
                return len(self.told) == 2 and self.evidenced and not self.controlled and not self.listed
        return True

    def _allows_request(self, verb: str, kind: str, who: str) -> bool:
        asks, decides, leads = ASKED[kind]
        if self.frozen or self.step not in leads or who not in (asks if verb == "ASK" else decides):
            return False
        if verb == "ASK":
            return kind not in self.asked and self._makes_sense(kind)
        if kind not in self.asked or self.asked[kind] == who:
            return False
        return verb == "DENY" or self._makes_sense(kind)

    def _makes_sense(self, kind: str) -> bool:
        return {"LIFTING": self.controlled, "LISTING": not self.listed, "DELISTING": self.listed}.get(kind, True)

    def take(self, code: str, who: str, person_told: str = "") -> None:
        """What the decision leaves behind."""
        verb, _, kind = code.partition("_")
        if kind in ASKED and verb in {"ASK", "GRANT", "DENY"}:
            self._take_request(verb, kind, who)
            return
        if code in PARTS:
            chain, part = PARTS[code]
            self.holders[chain, who] = part
        self._mark(code, person_told)
        self._move(WAYS[self.step, code][0])
        if code == "CLOSE":
            self.clocks.update(look_back_30=1, look_back_90=1)

    def _mark(self, code: str, person_told: str) -> None:
        match code:
            case "MAJOR":
                self.controlled = True
                self.clocks["interim_check"] = 1
            case "ASSIGN":
                self.clocks["inform"] = 1
            case "INFORM":
                self.told.add(person_told)
                self.clocks["inform"] = int(len(self.told) < 2)
            case "SIGN":
                self.clocks["rectification"] = 1
            case "COMPLETE":
                self.evidenced = True
            case "ARBITRATE":
                self.arbitrated = True
            case "FREEZE" | "UNFREEZE":
                self.frozen = code == "FREEZE"
            case "FAIL":
                self.failures += 1
                if self.failures >= 2:
                    self.clocks["failure_explanation"] = 1

    def _move(self, to: str) -> None:
        if to == self.step:
            return
        old, new = CLOCK.get(self.step), CLOCK.get(to)
        keeps_on = old == new
        if old and not keeps_on:
            self.clocks[old] = 0
        if self.step == "WORK":
            self.clocks["progress"] = 0
        if to in ENDS:
            self.clocks.clear()
            self.controlled = False
        elif not keeps_on and new:
            self.clocks[new] = 1
        if to == "WORK":
            self.clocks["progress"] = 1
        self.step = to
        for kind in [kind for kind in self.asked if to not in ASKED[kind][2]]:
            self._settle(kind)

    def _take_request(self, verb: str, kind: str, who: str) -> None:
        if verb == "ASK" and who not in ALONE.get(kind, set()):
            self.asked[kind] = who
            self.clocks["request_decision"] += 1
            return
        if verb != "ASK":
            self._settle(kind)
        if verb != "DENY":
            self._granted(kind)

    def _settle(self, kind: str) -> None:
        del self.asked[kind]
        self.clocks["request_decision"] = max(0, self.clocks["request_decision"] - 1)

    def _granted(self, kind: str) -> None:
        was = self.step
        match kind:
            case "LIFTING":
                self.controlled = False
                self.clocks["interim_check"] = 0
            case "LISTING":
                self.listed = True
                self.clocks.update(report_listing=1, publish_listing=1)
            case "DELISTING":
                self.listed = False
                self.clocks.update(publish_delisting=1)
            case "REOPENING":
                self.clocks.clear()
                self.cycle, self.failures = self.cycle + 1, 0
                self.holders, self.told, self.arbitrated = {}, set(), False
        self._move(ASKED[kind][2][was])

    def live(self) -> Counter[str]:
        """The clocks that run."""
        return +self.clocks


_ONWARD = {
    "TRIAGE": "ACCEPT", "SUPPLEMENT": "SUPPLEMENT", "CLASSIFY": "MAJOR", "CONFIRM_MAJOR": "CONFIRM", "ASSIGN": "ASSIGN",
    "SIGN": "SIGN", "ARBITRATE": "ARBITRATE", "PLAN": "SUBMIT_PLAN", "PLAN_REVIEW": "APPROVE_PLAN", "WORK": "COMPLETE",
    "RECHECK": "RECHECK", "JUDGE": "PASS", "GATE": "CLOSE", "TRANSFER_RECEIPT": "TRANSFER_RECEIVED",
    "TRANSFER_FOLLOW": "TRANSFER_ENDED", "CLOSED": "ASK_REOPENING",
}  # fmt: skip


def onward(case: Case) -> str:
    """The decision that brings a case nearer to its end; nothing where it has none."""
    if case.frozen:
        return "UNFREEZE"
    if case.step in ASSIGNED and len(case.told) < 2:
        return "INFORM"
    if case.step == "GATE" and (case.controlled or case.listed):
        kind = "LIFTING" if case.controlled else "DELISTING"
        return f"{'GRANT' if kind in case.asked else 'ASK'}_{kind}"
    if case.step == "CLOSED" and "REOPENING" in case.asked:
        return "GRANT_REOPENING"
    return _ONWARD.get(case.step, "")


def within_office(case: Case) -> list[tuple[str, str]]:
    """(decision, person) that the person's office allows at this step, four eyes and everything else left aside."""
    moving = [(code, who) for (step, code), (_, able) in WAYS.items() if step == case.step for who in sorted(able)]
    asking = [
        (f"{verb}_{kind}", who)
        for kind, (asks, decides, leads) in ASKED.items()
        if case.step in leads and (kind in case.asked or kind not in {"VOIDING", "LISTING"})
        for verb, able in (("ASK", asks), ("GRANT", decides), ("DENY", decides))
        if verb == "ASK" or kind in case.asked
        for who in sorted(able)
    ]
    return moving + asking
