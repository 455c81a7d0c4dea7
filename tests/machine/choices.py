"""What the machine tries next: the straight way, so that cases close, and what a person's office allows whatever came before."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from model.case import INFORMED, Case
from model.dates import local
from model.office import DH, DUTY, ENDS, PEOPLE, ROWS, SAID, TL, WITHDRAWABLE, WITHOUT_FIRM

PERSONS = sorted({"auditor", "admin", "district", "inner_clerk"}.union(*PEOPLE.values(), *WITHOUT_FIRM.values()))
RANKS = ({"clerk", "second_clerk"}, TL, DH)
"""Who may lend their approvals to one another: the same unit, the same rank."""
ASKED = {kind for _, kind in SAID.values()}
DECISIONS = sorted({*(set(ROWS) - ASKED), *SAID, "WITHDRAW"})
PARTS = {code: (row.chain, row.part) for code, row in ROWS.items() if row.chain}

_ONWARD = {
    "TRIAGE": "ACCEPT", "SUPPLEMENT": "SUPPLEMENT", "CLASSIFY": "MAJOR", "CONFIRM_MAJOR": "CONFIRM", "ASSIGN": "ASSIGN",
    "SIGN": "SIGN", "ARBITRATE": "ARBITRATE", "PLAN": "SUBMIT_PLAN", "PLAN_REVIEW": "APPROVE_PLAN", "WORK": "COMPLETE",
    "DANGER_REMOVAL": "PROVE_REMOVAL", "RECHECK": "RECHECK", "DISTRICT_REVIEW": "DISTRICT_RESULT", "JUDGE": "PASS",
    "TRANSFER_RECEIPT": "TRANSFER_RECEIVED", "TRANSFER_FOLLOW": "TRANSFER_ENDED",
}  # fmt: skip


MORE_DAYS = {"EXTENSION": 10, "LAST_EXTENSION": 10, "LONG_LIMIT": 70, "PAUSE": 12}
"""How much later a limit is asked for; how long the clock is to stand still."""


_AFTER = {
    "LAST_EXTENSION": "EXTENSION", "UNMERGE": "MERGE", "DELISTING": "LISTING", "RESUME_CLOCK": "PAUSE", "ENFORCE": "TO_ENFORCEMENT",
    "ANSWER_QUESTION": "QUESTION_PROGRESS", "ARBITRATE": "RETURN_NOT_MINE", "APPROVE_DOWNGRADE": "GENERAL", "REFUSE_DOWNGRADE": "NOT_HAZARD",
    "EXPLAIN_FAILURE": "FAIL",
}  # fmt: skip
"""What comes first where one decision needs another."""


def _errand(code: str, answer: str) -> tuple[str, ...]:
    first = _errand(_AFTER[code], "GRANT") if code in _AFTER else ()
    seen = ("EXTENSION_OPINION",) if code in {"EXTENSION", "LAST_EXTENSION"} else ()
    return (*first, *((f"ASK_{code}", *seen, f"{answer}_{code}") if code in ASKED else (code,)))


ERRANDS = tuple(
    _errand(code, answer) for code in sorted(ROWS) for answer in ("GRANT", "GRANT", "DENY")[: 3 if code in ASKED else 1]
)
"""What a run has a mind to do besides closing cases: a decision, or a request and its answer."""


def said(case: Case, code: str, told: str, at: datetime) -> Any:
    """What a decision says beside itself: whom it told, the case to go into, a later limit, a day to stand still until."""
    verb, kind = SAID.get(code, ("", ""))
    if verb == "ASK" and kind == "MERGE":
        return next((one for one in case.beside if one is not case and one.step not in ENDS), None)
    if verb == "ASK" and kind in MORE_DAYS and case.live("rectification"):
        since = at if kind == "PAUSE" else case.live("rectification")[0].due
        return local(since) + timedelta(days=MORE_DAYS[kind])
    return told if code == "INFORM" else None


def onward(case: Case) -> str:
    """The decision that brings a case nearer to its end; nothing where it has none."""
    marks = case.marks
    if case.live("freeze_review"):
        return "UNFREEZE"
    if case.step in ROWS["INFORM"].ways and case.step != "SIGN" and not marks >= INFORMED:
        return "INFORM"
    if case.step == "GATE":
        return _owed(case) or "CLOSE"
    if case.step in {"CLOSED", "MERGED"}:
        kind = "REOPENING" if case.step == "CLOSED" else "UNMERGE"
        return f"{'GRANT' if kind in case.asked else 'ASK'}_{kind}"
    return _ONWARD.get(case.step, "")


def _owed(case: Case) -> str:
    """What the gate still waits for."""
    marks = case.marks
    if case.live("failure_explanation") and "gone" not in marks:
        return "EXPLAIN_FAILURE"
    if case.live("enforcement"):
        return "ENFORCE"
    kind = "LIFTING" if "controlled" in marks else "DELISTING" if "listed" in marks else ""
    return kind and f"{'GRANT' if kind in case.asked else 'ASK'}_{kind}"


def within_office(case: Case) -> list[tuple[str, str]]:
    """(decision, person) that the person's office allows at this step, four eyes and everything else left aside."""
    moving = [
        (code, who)
        for code, row in ROWS.items()
        if code not in ASKED and case.step in row.ways
        for who in sorted(case.people(row.who))
    ]
    asking = [
        (f"{verb}_{kind}", who)
        for kind in sorted(ASKED)
        if case.step in ROWS[kind].ways
        for verb, able in (("ASK", ROWS[kind].who), ("GRANT", ROWS[kind].decides), ("DENY", ROWS[kind].decides))
        if verb == "ASK" or kind in case.asked
        for who in sorted(case.people(able))
    ]
    return moving + asking


def signing(case: Case) -> list[tuple[str, str]]:
    """Of those, the ones that sign a part of a chain, or grant."""
    return [pair for pair in within_office(case) if pair[0] in PARTS or pair[0].startswith("GRANT_")]


def taken_back(case: Case) -> list[tuple[str, str]]:
    """Taking back the newest decision, by its maker: tried often, for it undoes everything at once."""
    return [("WITHDRAW", case.last[1])] if case.last[0] in WITHDRAWABLE else []


def open_now(case: Case, told: str, at: datetime) -> dict[str, list[str]]:
    """Decision → who may take it, everything counted in."""
    found: dict[str, list[str]] = {}
    for code, who in within_office(case) + taken_back(case):
        if case.allows(code, who, said(case, code, told, at), at):
            found.setdefault(code, []).append(who)
    return found


def duties_of(case: Case) -> Counter[tuple[str, datetime]]:
    """The work items that stand beside the move: one for each clock that is no step's, due when it is due."""
    return Counter(
        (DUTY.get(run.clock) or f"GRANT_{run.subject}", run.due)
        for run in case.live()
        if run.subject or run.clock in DUTY
    )
