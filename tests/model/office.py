"""Who may do what, where, and what it leaves behind: the office said a second time, in words of its own."""

from collections import namedtuple
from pathlib import Path

SC, TL = {"clerk", "second_clerk", "inner_clerk"}, {"leader", "mayor", "director"}
DO, DH, FIRM = {"officer", "second_officer"}, {"head", "second_head"}, {"principal", "controller"}
PEOPLE = {"SC": SC, "TL": TL, "DO": DO, "DH": DH, "UNIT": DO | DH, "VC": {"villager"}}
PEOPLE |= {"EN": FIRM, "DOES": FIRM, "OWES": FIRM}  # who does the work, who answers for it; without a firm, a unit's
WITHOUT_FIRM = PEOPLE | {"EN": set(), "DOES": {"other_officer"}, "OWES": {"other_officer", "other_head"}}
UNITS = {"AWB": {"clerk", "second_clerk"}, "ZZF": TL, "YJB": DO | DH | {"inner_clerk"}}  # where inner_clerk only sits

CONFIRMS, APPROVALS = "CONFIRM_MAJOR CONFIRM_GENERAL CONFIRM_NOT_HAZARD", "APPROVE_GENERAL APPROVE_NOT_HAZARD"
RECTIFY, REVIEW = "PLAN PLAN_REVIEW WORK DANGER_REMOVAL", "RECHECK DISTRICT_REVIEW JUDGE"
CHECKS, MAJOR = f"CLASSIFY {CONFIRMS}", f"ASSIGN SIGN ARBITRATE {RECTIFY} {REVIEW} GATE"
OPEN = f"TRIAGE SUPPLEMENT {CHECKS} {APPROVALS} {MAJOR} TRANSFER_RECEIPT TRANSFER_FOLLOW"
PLACES = {"checks": CHECKS, "confirms": CONFIRMS, "rectify": RECTIFY, "review": REVIEW, "major": MAJOR, "open": OPEN}
PLACES |= {"approvals": APPROVALS, "plans": "PLAN PLAN_REVIEW", "late": f"WORK DANGER_REMOVAL {REVIEW} GATE"}
ENDS = ("CLOSED", "DISMISSED", "REFUSED", "DOWNGRADED", "VOIDED", "TRANSFER_DONE", "MERGED")

Row = namedtuple("Row", "who decides ways chain part words")
ROWS, INBOX = dict[str, Row](), dict[str, str]()
for _line in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines():
    _who, *_cells = _line.split(" | ")
    for _code, _, _told in (cell.partition(":") for cell in _cells if not _line.startswith("#")):
        _words = [word.split(":") for word in _told.split() if ":" in word]
        _places = (word.partition(">") for word in _told.split() if ":" not in word)
        _ways = {step: to or step for place, _, to in _places for step in PLACES.get(place, place).split()}
        _asks, _, _decides = _who.partition(">")
        _chain, _part = dict(_words).get("as", ".").split(".")
        if _code == "finds":
            INBOX |= dict.fromkeys(_ways, _who)
        else:
            ROWS[_code] = Row(_asks, _decides, _ways, _chain, _part, _words)
SAID = {f"{verb}_{kind}": (verb, kind) for kind in ROWS if ROWS[kind].decides for verb in ("ASK", "GRANT", "DENY")}
WITHDRAWABLE = {"ACCEPT", "MAJOR", "GENERAL", "NOT_HAZARD", "ASSIGN", "RETURN_SUPPLEMENT", "RECHECK", "APPROVE_PLAN",
                "SUBMIT_PLAN", "RETURN_PLAN", "COMPLETE", "RETURN_NOT_MINE", "ARBITRATE", "RETURN_FINDING"}  # fmt: skip
KEPT = {"urgent", "accepted", "assigned", "evidenced", "unowned", "listed"}  # by a next cycle
CLOCK = dict.fromkeys(f"{CHECKS} {APPROVALS}".split(), "verification") | {"TRANSFER_FOLLOW": "transfer_end"}
CLOCK |= {"SIGN": "receipt", "ASSIGN": "assigning", "ARBITRATE": "arbitration", "RECHECK": "review", "JUDGE": "review"}
CLOCK |= {"WORK": "rectification", "DANGER_REMOVAL": "rectification"}  # of the other steps, by the step's own name
OPENS = {"WORK": ["progress"], "CLOSED": ["look_back_30", "look_back_90"]}  # what begins beside the step's clock
PUBLISHED = ("report_listing", "publish_listing", "publish_delisting")
LASTS = {"progress": "WORK", "next_visit": "RECHECK", "pause_end": RECTIFY, **dict.fromkeys(OPENS["CLOSED"], "CLOSED")}
LASTS |= dict.fromkeys(PUBLISHED, f"{OPEN} CLOSED")  # still owed to the public when it is closed; others run in OPEN
DUTY = {name: code for code, row in ROWS.items() for word, name in row.words if word == "does"}  # the clock's work item
DUTY |= {"inform": "INFORM", "look_back_90": "LOOK_BACK_HOLDS", "reporter_answer": "reporter_answer"}
DUTY |= {"expert_opinion": "EXPERT_OPINION", "enforcement": "ENFORCE", "next_visit": "RECHECK"}
DUTY |= dict.fromkeys(PUBLISHED, "PUBLISH_LISTING")
