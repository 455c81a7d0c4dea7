"""Who may do what, where, and what it leaves behind: the office said a second time, in other words than the program's.

`office.txt` was written from `docs/regulations.md` and the appendices of the process, not from the move table.
"""

from collections import namedtuple
from pathlib import Path

SC, TL = {"clerk", "second_clerk", "inner_clerk"}, {"leader", "mayor", "director"}
OFFICERS, HEAD, VILLAGE = {"officer", "second_officer"}, {"head", "second_head"}, {"villager"}
FIRM, OTHERS = {"principal", "controller"}, {"other_officer", "other_head"}
PEOPLE = {"SC": SC, "TL": TL, "DO": OFFICERS, "DH": HEAD, "UNIT": OFFICERS | HEAD, "VC": VILLAGE, "EN": FIRM,
          "DOES": FIRM, "OWES": FIRM}  # fmt: skip
"""DOES rectifies and OWES answers for it: the firm's people, or those of the unit that rectifies in its place."""
WITHOUT_FIRM = PEOPLE | {"EN": set(), "DOES": {"other_officer"}, "OWES": OTHERS}
UNIT_OF = {**dict.fromkeys(OFFICERS | HEAD | {"inner_clerk"}, "YJB"), **dict.fromkeys(("clerk", "second_clerk"), "AWB"),
           **dict.fromkeys(TL, "ZZF")}  # fmt: skip
"""`inner_clerk` works for the committee office and sits in the unit that verifies and leads."""

CHECKS = "CLASSIFY CONFIRM_MAJOR CONFIRM_GENERAL CONFIRM_NOT_HAZARD"
RECTIFY, REVIEW = "PLAN PLAN_REVIEW WORK DANGER_REMOVAL", "RECHECK DISTRICT_REVIEW JUDGE"
MAJOR = f"ASSIGN SIGN ARBITRATE {RECTIFY} {REVIEW} GATE"
OPEN = f"TRIAGE SUPPLEMENT {CHECKS} APPROVE_GENERAL APPROVE_NOT_HAZARD {MAJOR} TRANSFER_RECEIPT TRANSFER_FOLLOW"
PLACES = {"checks": CHECKS, "rectify": RECTIFY, "review": REVIEW, "major": MAJOR, "open": OPEN}
ENDS = ("CLOSED", "DISMISSED", "REFUSED", "DOWNGRADED", "VOIDED", "TRANSFER_DONE", "MERGED")

Row = namedtuple("Row", "who decides ways part needs leaves")


def _row(line: str) -> tuple[str, Row]:
    code, who, where, part, needs, leaves = (*(cell.strip() for cell in line.split("|")), "", "", "")[:6]
    arrows = (place.partition(">") for place in where.split())
    ways = {step: to or step for place, _, to in arrows for step in PLACES.get(place, place).split()}
    who, _, decides = who.partition(">")
    told = [[word.split(":") for word in cell.split()] for cell in (needs, leaves)]
    return code, Row(who, decides, ways, tuple(part.split(".")) if part else (), *told)


_LINES = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
ROWS = dict(_row(line) for line in _LINES if not line.startswith("#"))
ASKED = {code for code, row in ROWS.items() if row.decides}
SAID = {f"{verb}_{kind}": (verb, kind) for kind in ASKED for verb in ("ASK", "GRANT", "DENY")}
OF_UNITS, WHILE_FROZEN = {"review", "gate", "confirm", "approve"}, {"UNFREEZE", "CONFIRM_CONTROL", "INFORM", "ENFORCE"}
"""Parts that bind the signer's unit too; what is decided while an accident is looked into."""
BEFORE_UNITS = {"URGENT_CONTROL", "CONFIRM_CONTROL", "LIFTING", "CONTROL", "MERGE", "REOPENING", "EXPERT_OPINION"}
"""Where a unit's people have no part before they are told to verify."""
WITHDRAWABLE = {"ACCEPT", "MAJOR", "GENERAL", "NOT_HAZARD", "ASSIGN", "RETURN_SUPPLEMENT", "SUBMIT_PLAN", "APPROVE_PLAN",
                "RETURN_PLAN", "COMPLETE", "RETURN_NOT_MINE", "ARBITRATE", "RETURN_FINDING", "RECHECK"}  # fmt: skip
"""What its maker may take back while nobody has acted on it or claimed what follows."""
ALONE = {"LISTING": TL, "REOPENING": TL}  # whom no second person is asked of
KEPT = {"urgent", "accepted", "assigned", "evidenced", "unowned", "listed"}  # by a next cycle
CLOCK = {
    "TRIAGE": "triage", "SUPPLEMENT": "supplement", "TRANSFER_RECEIPT": "transfer_receipt", "TRANSFER_FOLLOW": "transfer_end",
    **dict.fromkeys((*CHECKS.split(), "APPROVE_GENERAL", "APPROVE_NOT_HAZARD"), "verification"), "ASSIGN": "assigning",
    "SIGN": "receipt", "ARBITRATE": "arbitration", "PLAN": "plan", "PLAN_REVIEW": "plan_review", "WORK": "rectification",
    "DANGER_REMOVAL": "rectification", "RECHECK": "review", "DISTRICT_REVIEW": "district_review", "JUDGE": "review", "GATE": "gate",
}  # fmt: skip
PUBLISHED = {"report_listing", "publish_listing", "publish_delisting"}  # still owed to the public when it is closed
URGENT = {"triage": "urgent_triage", "verification": "urgent_verification"}
INBOX = {
    **dict.fromkeys(("TRIAGE", "TRANSFER_RECEIPT", "TRANSFER_FOLLOW"), "SC"), **dict.fromkeys(CHECKS.split()[1:], "DH"),
    "SUPPLEMENT": "UNIT", "CLASSIFY": "UNIT", "SIGN": "UNIT", "PLAN_REVIEW": "UNIT", "DANGER_REMOVAL": "UNIT", "JUDGE": "DH",
    **dict.fromkeys(("APPROVE_GENERAL", "APPROVE_NOT_HAZARD", "ASSIGN", "ARBITRATE", "GATE"), "SC TL"), "PLAN": "OWES", "WORK": "OWES",
    "RECHECK": "DO", "DISTRICT_REVIEW": "DO",
}  # fmt: skip
"""Who finds the move of each step among the things to do, and may claim it; below, the work item beside each other clock."""
DUTY = {
    "inform": "INFORM", "interim_check": "CONFIRM_CONTROL", "progress": "PROGRESS", "look_back_30": "LOOK_BACK_HOLDS",
    "look_back_90": "LOOK_BACK_HOLDS", **dict.fromkeys(PUBLISHED, "PUBLISH_LISTING"),
    "failure_explanation": "EXPLAIN_FAILURE", "freeze_review": "UNFREEZE", "next_visit": "RECHECK", "expert_opinion": "EXPERT_OPINION",
    "progress_question": "ANSWER_QUESTION", "enforcement": "ENFORCE", "extension_opinion": "EXTENSION_OPINION", "pause_end": "RESUME_CLOCK", "reporter_answer": "reporter_answer",
}  # fmt: skip
STEP_DUTY = {
    "progress": {"WORK"},
    "next_visit": {"RECHECK"},
    "pause_end": {*RECTIFY.split()},
}  # ends where it leaves these
