"""Who may do what, where, in sets and dictionaries: the office said a second time, in other words than the program's.

Written from `docs/regulations.md` and the appendices of the process, not from the move table. Nothing here knows a database.
A new way is one line of `WAYS`; what it does besides leading there is a line of `Case._mark`.
"""

SC, TL = {"clerk", "second_clerk", "inner_clerk"}, {"leader", "mayor", "director"}
OFFICERS, HEAD = {"officer", "second_officer"}, {"head"}
UNIT, FIRM, VILLAGE = OFFICERS | HEAD, {"principal", "controller"}, {"villager"}
PERSONS = sorted(SC | TL | UNIT | FIRM | VILLAGE | {"other_officer", "other_head", "auditor", "admin", "district"})
UNIT_OF = {**dict.fromkeys(UNIT | {"inner_clerk"}, "YJB"), **dict.fromkeys(("clerk", "second_clerk"), "AWB"),
           **dict.fromkeys(TL, "ZZF")}  # fmt: skip
"""`inner_clerk` works for the committee office and sits in the unit that verifies and leads."""

CHECKING = ("CLASSIFY", "CONFIRM_MAJOR", "CONFIRM_GENERAL", "CONFIRM_NOT_HAZARD")
RECTIFYING = ("PLAN", "PLAN_REVIEW", "WORK", "DANGER_REMOVAL")
ASSIGNED = (*RECTIFYING, "RECHECK", "DISTRICT_REVIEW", "JUDGE", "GATE")
MAJOR = ("ASSIGN", "SIGN", "ARBITRATE", *ASSIGNED)
ENDS = ("CLOSED", "DISMISSED", "REFUSED", "DOWNGRADED", "VOIDED", "TRANSFER_DONE")

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
    ("CLASSIFY", "NEED_EXPERT"): ("CLASSIFY", UNIT | SC),
    ("CLASSIFY", "CANNOT_VERIFY"): ("CLASSIFY", UNIT | SC),
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
    ("SIGN", "DEEM_RECEIVED"): ("PLAN", SC | TL),
    ("SIGN", "RETURN_NOT_MINE"): ("ARBITRATE", UNIT),
    ("ARBITRATE", "ARBITRATE"): ("SIGN", SC | TL),
    ("PLAN", "SUBMIT_PLAN"): ("PLAN_REVIEW", FIRM),
    ("PLAN_REVIEW", "APPROVE_PLAN"): ("WORK", UNIT),
    ("PLAN_REVIEW", "RETURN_PLAN"): ("PLAN", UNIT),
    ("PLAN_REVIEW", "STOP_FIRST"): ("PLAN", UNIT | SC),
    ("WORK", "PROGRESS"): ("WORK", OFFICERS | FIRM | VILLAGE),
    ("WORK", "QUESTION_PROGRESS"): ("WORK", UNIT | SC | TL),
    **{(step, code): (step, FIRM) for step in ASSIGNED[2:] for code in ("EXPLAIN_FAILURE", "ANSWER_QUESTION")},
    ("WORK", "COMPLETE"): ("RECHECK", FIRM),
    **{(step, "UNIT_CLOSED"): ("DANGER_REMOVAL", UNIT) for step in RECTIFYING[:3]},
    ("DANGER_REMOVAL", "PROVE_REMOVAL"): ("RECHECK", UNIT),
    ("RECHECK", "RECHECK"): ("JUDGE", OFFICERS),
    ("RECHECK", "CANNOT_REVIEW"): ("RECHECK", OFFICERS),
    ("RECHECK", "REFER_DISTRICT"): ("DISTRICT_REVIEW", UNIT),
    ("JUDGE", "REFER_DISTRICT"): ("DISTRICT_REVIEW", UNIT),
    ("DISTRICT_REVIEW", "DISTRICT_RESULT"): ("JUDGE", OFFICERS),
    ("JUDGE", "PASS"): ("GATE", HEAD),
    ("JUDGE", "FAIL"): ("WORK", UNIT),
    ("JUDGE", "PARTIAL"): ("WORK", UNIT),
    ("GATE", "RETURN_REDO"): ("WORK", SC | TL),
    ("GATE", "CLOSE"): ("CLOSED", SC | TL),
    ("CLOSED", "LOOK_BACK_HOLDS"): ("CLOSED", OFFICERS | VILLAGE),
    **{(step, "URGENT_CONTROL"): (step, VILLAGE | UNIT | SC | TL) for step in ("TRIAGE", *CHECKING)},
    **{(step, "INFORM"): (step, UNIT) for step in ("SIGN", "ARBITRATE", *ASSIGNED)},
    **{(step, "FREEZE"): (step, UNIT | SC | TL) for step in (*CHECKING, *MAJOR)},
    **{(step, "UNFREEZE"): (step, TL) for step in (*CHECKING, *MAJOR)},
}
OPEN = sorted({step for step, _ in WAYS} - set(ENDS))
"""Steps at which something waits."""
WAYS |= {(step, "CONFIRM_CONTROL"): (step, UNIT | VILLAGE | SC) for step in OPEN}
WAYS |= {(step, "EXPERT_OPINION"): (step, UNIT | SC) for step in OPEN}
WITHDRAWABLE = {
    "ACCEPT", "MAJOR", "GENERAL", "NOT_HAZARD", "ASSIGN", "RETURN_SUPPLEMENT", "SUBMIT_PLAN", "APPROVE_PLAN",
    "RETURN_PLAN", "COMPLETE", "RETURN_NOT_MINE", "ARBITRATE", "RETURN_FINDING", "RECHECK",
}  # fmt: skip
"""What its maker may take back while nobody has acted on it or claimed what follows."""

ASKED: dict[str, tuple[set[str], set[str], dict[str, str]]] = {
    "REFUSAL": (SC, SC, {"TRIAGE": "REFUSED"}),
    "LIFTING": (HEAD | SC | TL, HEAD | SC | TL, {step: step for step in OPEN}),
    "LISTING": (SC | TL, SC | TL, {step: step for step in MAJOR}),
    "DELISTING": (SC | TL, SC | TL, {step: step for step in MAJOR}),
    "VOIDING": (SC | TL, SC | TL, dict.fromkeys(OPEN, "VOIDED")),
    "REOPENING": (VILLAGE | UNIT | SC | TL, HEAD | SC | TL,
                  {"CLOSED": "ASSIGN", "DISMISSED": "TRIAGE", "REFUSED": "TRIAGE", "DOWNGRADED": "TRIAGE"}),
}  # fmt: skip
"""What is asked for: by whom, granted by whom, and where that leads from each step."""
ALONE = {"LISTING": TL, "REOPENING": TL}
"""Whom no second person is asked of."""

PARTS = {
    "MAJOR": ("finding", "propose"), "GENERAL": ("finding", "propose"), "NOT_HAZARD": ("finding", "propose"),
    "CONFIRM": ("finding", "confirm"), "RETURN_FINDING": ("finding", "confirm"),
    "APPROVE_DOWNGRADE": ("finding", "approve"), "REFUSE_DOWNGRADE": ("finding", "approve"),
    "SUBMIT_PLAN": ("plan", "submit"), "APPROVE_PLAN": ("plan", "approve"), "RETURN_PLAN": ("plan", "approve"),
    "STOP_FIRST": ("plan", "approve"), "COMPLETE": ("close", "complete"), "PROVE_REMOVAL": ("close", "complete"),
    "RECHECK": ("close", "recheck"), "DISTRICT_RESULT": ("close", "recheck"), "PASS": ("close", "review"),
    "FAIL": ("close", "review"), "PARTIAL": ("close", "review"), "CLOSE": ("close", "gate"), "RETURN_REDO": ("close", "gate"),
}  # fmt: skip
OF_UNITS = {"review", "gate", "confirm", "approve"}
"""Parts that bind the signer's unit too."""
CLOCK = {
    "TRIAGE": "triage", "SUPPLEMENT": "supplement", "TRANSFER_RECEIPT": "transfer_receipt", "TRANSFER_FOLLOW": "transfer_end",
    **dict.fromkeys((*CHECKING, "APPROVE_GENERAL", "APPROVE_NOT_HAZARD"), "verification"), "ASSIGN": "assigning",
    "SIGN": "receipt", "ARBITRATE": "arbitration", "PLAN": "plan", "PLAN_REVIEW": "plan_review", "WORK": "rectification",
    "DANGER_REMOVAL": "rectification", "RECHECK": "review", "DISTRICT_REVIEW": "district_review", "JUDGE": "review",
    "GATE": "gate",
}  # fmt: skip
INBOX = {
    "TRIAGE": SC, "SUPPLEMENT": UNIT, "TRANSFER_RECEIPT": SC, "TRANSFER_FOLLOW": SC, "CLASSIFY": UNIT,
    **dict.fromkeys(CHECKING[1:], HEAD), **dict.fromkeys(("APPROVE_GENERAL", "APPROVE_NOT_HAZARD"), SC | TL),
    **dict.fromkeys(("ASSIGN", "ARBITRATE", "GATE"), SC | TL), **dict.fromkeys(("SIGN", "PLAN_REVIEW"), UNIT),
    **dict.fromkeys(("PLAN", "WORK"), FIRM), "DANGER_REMOVAL": UNIT, "RECHECK": OFFICERS, "DISTRICT_REVIEW": OFFICERS,
    "JUDGE": HEAD,
}  # fmt: skip
"""Who finds the move of each step among the things to do, and may claim it."""
URGENT = {"triage": "urgent_triage", "verification": "urgent_verification"}
DUTY = {"inform": "INFORM", "interim_check": "CONFIRM_CONTROL", "progress": "PROGRESS", "look_back_30": "LOOK_BACK_HOLDS",
        "look_back_90": "LOOK_BACK_HOLDS", "report_listing": "PUBLISH_LISTING", "publish_listing": "PUBLISH_LISTING",
        "publish_delisting": "PUBLISH_LISTING", "failure_explanation": "EXPLAIN_FAILURE",
        "freeze_review": "UNFREEZE", "next_visit": "RECHECK", "expert_opinion": "EXPERT_OPINION", "progress_question": "ANSWER_QUESTION"}  # fmt: skip
"""The work item beside each clock that is no step's."""
DECISIONS = sorted(
    {code for _, code in WAYS}
    | {f"{verb}_{kind}" for kind in ASKED for verb in ("ASK", "GRANT", "DENY")}
    | {"WITHDRAW"}
)
STARTS = {"ASSIGN": "inform", "NEED_EXPERT": "expert_opinion", "QUESTION_PROGRESS": "progress_question",
          "FREEZE": "freeze_review"}  # fmt: skip
STOPS = {"EXPERT_OPINION": "expert_opinion", "ANSWER_QUESTION": "progress_question", "UNFREEZE": "freeze_review",
         "EXPLAIN_FAILURE": "failure_explanation", "LOOK_BACK_HOLDS": "look_back_30"}  # fmt: skip
"""What is done once at a time: the clock it starts while none runs, and what ends it. An expert may be quoted unasked."""
PUBLISHED = {"report_listing", "publish_listing", "publish_delisting"}
"""What the office still owes the public when a hazard is closed."""
