"""A hazard's page: where it stands, whose move it is and until when and why, what this person may do, what happened."""

from typing import Any

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from models.actor import Actor
from models.errors import NotPermitted
from models.hazard import Hazard
from models.limits import A_DAY
from models.permissions import Operation, Role, roles_for
from models.process import STEPS, Move, moves_at
from models.stage import Clock, Owner, Stage, Step
from services import access, open_decisions, policies, register, similar
from services import evidence as store
from services.register import Surroundings
from web import dossier, history, moments
from web.desk import Here, HereDep
from web.rendering import page
from web.tasks import tasks
from web.values import CHANNELS, GRADES, LISTINGS, OWNERS, SUBJECTS

router = APIRouter()
_HOLDERS = {
    Owner.COMMITTEE: "", Owner.REPORTER: "reporting_unit_id", Owner.VERIFYING_UNIT: "verifying_unit_id",
    Owner.LEAD_UNIT: "lead_unit_id", Owner.ENTERPRISE: "enterprise_id", Owner.NOBODY: "",
}  # fmt: skip
_WAY = tuple(dict.fromkeys(info.stage for info in STEPS.values() if info.stage not in {
    Stage.TRANSFERRED, Stage.DISMISSED, Stage.DOWNGRADED, Stage.MERGED, Stage.VOIDED,
}))  # fmt: skip
"""The stages of the straight way, in the order of the steps."""


OTHERS = {
    "report": "上报", "instruction": "批示", "answer": "答复", "comment": "留言", "copy": "抄送", "copy-revoked": "收回抄送", "urging": "催办",
    "acknowledgement": "签收督办",
}  # fmt: skip
BESIDE = (("instruction", "批示", Operation.INSTRUCT), ("urging", "催办", Operation.URGE), ("copies", "抄送", Operation.COPY),
          ("comments", "留言", Operation.COMMENT), ("hold", "暂缓督办", Operation.HOLD_LADDER), ("hold/end", "恢复督办", Operation.HOLD_LADDER),
          ("escalation", "人工提级", Operation.ESCALATE_BY_HAND))  # fmt: skip
"""What else one may do about a hazard: address, words, and whose it is."""
_OF_A_LIMIT = frozenset({Operation.URGE, Operation.HOLD_LADDER, Operation.ESCALATE_BY_HAND})


@router.get("/hazards/{no}", openapi_extra={"x-operation": Operation.READ_HAZARD})
def show(no: str, visit: HereDep, done: str = "") -> Response:
    with visit.looking() as session:
        hazard = access.hazard_for(session, no, Operation.READ_HAZARD, by=visit.by)
        redacted = visit.by.roles == {Role.EN}
        around = register.surroundings(session, hazard)
        around = register.without_tip_off(hazard, around) if redacted else around
        events = _events(session, hazard, visit.by)
        moves = open_decisions.open_to(session, hazard, by=visit.by)
        onward = [move for move in moves if not move.is_duty and not move.request]
        values = {
            "hazard": hazard, "around": around, "way": _way(hazard, events), "standing": _standing(session, visit, hazard, around),
            "moves": tasks(hazard, onward, is_late=False),  # a limit that has run out hinders requests only
            "duties": [move for move in moves if move.is_duty and not move.request],
            "requests": [move for move in moves if move.request],
            "answers_wait": any(move.request and move.decision != move.request.ask for move in moves),
            "may_answer": not redacted and visit.by.grant_for(Operation.MESSAGE_REPORTER) is not None,
            "may_verify": visit.by.grant_for(Operation.VERIFY_AUDIT) is not None,
            "beside": _beside(hazard, visit.by) if access.takes_part(session, hazard, by=visit.by) else (),
            "pairs": (pairs := _pairs(events, around)),
            "pieces": [row for row in around.evidence if row.id not in {one.id for pair in pairs for one in pair}],
            "reused": {} if redacted else store.used_elsewhere(session, hazard.id, {row.sha256 for row in around.evidence}),
            "ahead": _ahead(hazard), "lines": list(reversed(history.lines(session, events, visit.say))),
            "similar": similar.at_verification(session, hazard, by=visit.by, at=visit.at), "gap": _gap(visit, hazard),
            **dossier.sections(session, visit, hazard, around, redacted=redacted),
            "origin": not redacted, "done": _done(done), "leads_to": open_decisions.leads_somewhere,
            "clock_label": lambda clock: Clock(clock).label, "who_may": lambda operation: visit.say("、").join(visit.say(role.label) for role in roles_for(operation)),
        }  # fmt: skip
    return page(
        visit.request, "hazard.html", channels=CHANNELS, grades=GRADES, listings=LISTINGS, subjects=SUBJECTS, **values
    )


def _gap(visit: Here, hazard: Hazard) -> str:
    """How long after it was found it was reported, where that is more than a day."""
    gap = hazard.reported_at - hazard.discovered_at
    hours = gap.seconds // 3600
    return visit.say("登记晚于发生%(days)s天%(hours)s小时", days=gap.days, hours=hours) if gap > A_DAY else ""


def _pairs(events: list[dict[str, Any]], around: Surroundings) -> list[tuple[Any, Any]]:
    """Photographs of the same spot before and after, as the last report of completion paired them."""
    known = {row.id: row for row in around.evidence}
    told = [event["form"]["photo_pairs"] for event in events if "photo_pairs" in event.get("form", {})]
    return [(known[one], known[other]) for one, other in (told[-1] if told else ()) if one in known and other in known]


def _events(session: Session, hazard: Hazard, by: Actor) -> list[dict[str, Any]]:
    try:
        access.require(by, Operation.READ_HISTORY)
    except NotPermitted:
        return []
    return register.timeline(session, hazard, redacted=by.enterprise_id is not None)


def _standing(session: Session, visit: Here, hazard: Hazard, around: Surroundings) -> dict[str, Any]:
    """Whose move it is, until when, and why until then."""
    info = STEPS[Step(hazard.step)]
    unit = getattr(hazard, _HOLDERS[info.owner] or "no")
    if info.owner == Owner.ENTERPRISE and not hazard.enterprise_id:
        unit = hazard.rectifying_unit_id
    running = [row for row in around.deadlines if row.closed_at is None and row.outcome is None]
    mine = next((row for row in running if row.due_at == hazard.due_at), None)
    calendar = policies.calendar(session, hazard.calendar_version)
    light = moments.light(hazard.due_at, now=visit.at, calendar=calendar, say=visit.say) if hazard.due_at else None
    return {
        "info": info, "owner": OWNERS[info.owner], "holder": around.names.get(unit or "", ""), "light": light,
        "deadline": mine, "others": [
            (row, moments.light(row.due_at, now=visit.at, calendar=calendar, say=visit.say)) for row in running if row is not mine
        ],
    }  # fmt: skip


def _way(hazard: Hazard, events: list[dict[str, Any]]) -> list[tuple[Stage, str, str]]:
    """The stages with what each is: done, now, or still ahead; an end beside the straight way stands last."""
    now = Stage(hazard.stage)
    passed = {event["after"]["stage"] for event in events if event.get("after", {}).get("stage")} | {hazard.stage}
    stages = [*_WAY, *([now] if now not in _WAY else [])]
    at = stages.index(now)
    found = []
    for number, stage in enumerate(stages):
        is_done = (number < at and now in _WAY) or (stage in passed and stage != now and now not in _WAY)
        state = "now" if stage == now else ("done" if is_done else "")
        found.append((stage, state, STEPS[Step(hazard.step)].label if stage == now else ""))
    return found


def _beside(hazard: Hazard, by: Actor) -> list[tuple[str, str]]:
    """Nobody is urged where nobody has a move, and who reads by a copy only reads."""
    ended = STEPS[Step(hazard.step)].is_end
    return [
        (path, label) for path, label, right in BESIDE if by.grant_for(right) and not (ended and right in _OF_A_LIMIT)
    ]


def _ahead(hazard: Hazard) -> list[Move]:
    """The decisions that may follow, as the move table has them; one row for each decision."""
    return list({move.decision: move for move in moves_at(Step(hazard.step)) if not move.is_duty}.values())


def _done(resource: str) -> str:
    """What was just decided, for the notice at the top."""
    if resource in OTHERS:
        return OTHERS[resource]
    return next((move.decision.label for step in Step for move in moves_at(step) if move.resource == resource), "")
