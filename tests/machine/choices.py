"""What the machine tries next: the straight way, so that cases close, and what a person's office allows whatever came before."""

from model.case import Case
from model.office import ASKED, ASSIGNED, PARTS, WAYS, WITHDRAWABLE

_ONWARD = {
    "TRIAGE": "ACCEPT", "SUPPLEMENT": "SUPPLEMENT", "CLASSIFY": "MAJOR", "CONFIRM_MAJOR": "CONFIRM", "ASSIGN": "ASSIGN",
    "SIGN": "SIGN", "ARBITRATE": "ARBITRATE", "PLAN": "SUBMIT_PLAN", "PLAN_REVIEW": "APPROVE_PLAN", "WORK": "COMPLETE",
    "DANGER_REMOVAL": "PROVE_REMOVAL", "RECHECK": "RECHECK", "DISTRICT_REVIEW": "DISTRICT_RESULT", "JUDGE": "PASS",
    "GATE": "CLOSE", "TRANSFER_RECEIPT": "TRANSFER_RECEIVED", "TRANSFER_FOLLOW": "TRANSFER_ENDED", "CLOSED": "ASK_REOPENING",
}  # fmt: skip


def onward(case: Case) -> str:
    """The decision that brings a case nearer to its end; nothing where it has none."""
    if case.frozen:
        return "UNFREEZE"
    if case.step in ASSIGNED and len(case.told) < 2:
        return "INFORM"
    if case.step == "GATE" and case.runs_on("failure_explanation") and not case.now.unit_gone:
        return "EXPLAIN_FAILURE"
    if case.step == "GATE" and (case.now.controlled or case.listed):
        kind = "LIFTING" if case.now.controlled else "DELISTING"
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


def signing(case: Case) -> list[tuple[str, str]]:
    """Of those, the ones that sign a part of a chain, or grant."""
    return [pair for pair in within_office(case) if pair[0] in PARTS or pair[0].startswith("GRANT_")]


def taken_back(case: Case) -> list[tuple[str, str]]:
    """Taking back the newest decision, by its maker: tried often, for it undoes everything at once."""
    return [("WITHDRAW", case.last.who)] if case.last and case.last.code in WITHDRAWABLE else []
