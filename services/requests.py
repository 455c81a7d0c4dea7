"""Requests 申请: one person asks, another grants or denies; what is granted takes effect in the granting transaction."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, cast

from sqlalchemy import insert, select
from sqlmodel import Session

from models.actor import Actor
from models.errors import FourEyes, GateNotMet
from models.forms import FORMS, Form, Refusal
from models.forms.requests import ExtensionRequest, Granted
from models.hazard import Hazard
from models.ids import new_id
from models.outbox import Topic
from models.permissions import Role, roles_for
from models.process import DecisionCode, who_may
from models.requests import REQUESTS, RequestKind
from models.stage import Clock
from models.tables import HAZARD, HAZARD_REQUEST
from services import (
    access,
    clocks,
    duties,
    escalations,
    granting,
    lead_time,
    more_time,
    outbox,
    pending,
    signatures,
    trail,
)
from services.moves import Taken, take

Decide = Callable[..., Taken]
_SECOND_EXTENSION_LEVEL = 3


def ask(session: Session, hazard: Hazard, form: Form, *, by: Actor, at: datetime, kind: RequestKind) -> Taken:
    """Ask for something that another person grants or denies within its own clock.

    Who needs no second person for it by the permission table (a leader who lists a hazard) is granted it at once.

    Raises: GateNotMet (one is waiting already, or its conditions are not met), and what `take` raises.
    """
    if pending.waiting(session, hazard.id, kind) is not None:
        raise GateNotMet(
            f"“{kind.ask.label}”已提出，尚待批准。", rule="同一事项一次只有一份申请", remedy="请等待批准，或补充意见。"
        )
    granting.check(session, hazard, kind, form, at=at)
    if isinstance(form, ExtensionRequest):
        lead_time.refuse_late(session, hazard, form, at=at)
    taken = take(
        session, hazard, kind.ask, form, by=by, at=at, evidence=getattr(form, "evidence", ()),
        open_requests=hazard.open_requests + 1,
    )  # fmt: skip
    request_id = new_id()
    session.execute(
        insert(HAZARD_REQUEST),
        {"id": request_id, "hazard_id": hazard.id, "cycle": hazard.cycle, "kind": kind, "form": form.model_dump_json(),
         "asked_by": by.person_id, "asked_at": at},
    )  # fmt: skip
    signatures.bind_principals(
        session,
        hazard,
        request_id,
        by=by.under(taken.move.operation, access.acting_unit(by, taken.move, hazard)),
        at=at,
    )
    if _alone(hazard, kind, by):
        asked = cast(Hazard, session.execute(select(HAZARD).where(HAZARD.c.id == hazard.id)).one())
        return _decide(
            session,
            asked,
            FORMS[kind.grant].model_validate({"comment": "按权限表无须第二人"}),
            by=by,
            at=at,
            kind=kind,
            granted=True,
            alone=True,
        )
    if kind == RequestKind.LAST_EXTENSION:
        escalations.raise_clock(
            session, hazard.id, Clock.RECTIFICATION, _SECOND_EXTENSION_LEVEL, reason="申请第二次延期", by=by, at=at
        )
    duties.open_duty(
        session, hazard, REQUESTS[kind].clock, kind.grant, _decider(hazard, kind, by), origin=taken.decision_id, at=at,
        subject=request_id, rule=_rule(session, hazard, kind),
    )  # fmt: skip
    if kind in more_time.EXTENSIONS:
        more_time.owe_opinion(session, hazard, request_id, origin=taken.decision_id, at=at)
    return taken


def grant(session: Session, hazard: Hazard, form: Granted, *, by: Actor, at: datetime, kind: RequestKind) -> Taken:
    """Grant what another person asked for; it takes effect now.

    Raises: GateNotMet (nothing asked, or its conditions no longer hold), FourEyes.
    """
    return _decide(session, hazard, form, by=by, at=at, kind=kind, granted=True)


def deny(session: Session, hazard: Hazard, form: Refusal, *, by: Actor, at: datetime, kind: RequestKind) -> Taken:
    """Deny what another person asked for, with the reason; nothing else changes."""
    return _decide(session, hazard, form, by=by, at=at, kind=kind, granted=False)


def decisions() -> Mapping[DecisionCode, Decide]:
    """The three decisions of every request, for the office's registry."""
    ways = ((lambda kind: kind.ask, ask), (lambda kind: kind.grant, grant), (lambda kind: kind.deny, deny))
    return {code(kind): partial(decide, kind=kind) for kind in RequestKind for code, decide in ways}


def requests_of(session: Session, hazard_id: str) -> list[Any]:
    """Every request on a hazard, oldest first."""
    rows = select(HAZARD_REQUEST).where(HAZARD_REQUEST.c.hazard_id == hazard_id).order_by(HAZARD_REQUEST.c.asked_at)
    return list(session.execute(rows).all())


def _decide(
    session: Session, hazard: Hazard, form: Form, *, by: Actor, at: datetime, kind: RequestKind, granted: bool,
    alone: bool = False,
) -> Taken:  # fmt: skip
    request = pending.waiting(session, hazard.id, kind)
    if request is None:
        raise GateNotMet(
            f"没有待批的“{kind.ask.label}”。",
            rule="先有申请，后有批准",
            remedy=f"请先提出申请（{kind.resource}-request）。",
        )
    if not alone and signatures.is_asker(session, hazard, request, by=by.under(REQUESTS[kind].decides)):
        asker = "您本人" if request.asked_by == by.person_id else "您的委托人或代办人"
        raise FourEyes(
            f"“{kind.ask.label}”由{asker}提出，不能再由您决定。", rule="职责分离：申请人与批准人不得为同一人",
            remedy=f"请由其他{who_may(REQUESTS[kind].decides)}办理。", extra={"held_part": "ask", "part": "grant"},
        )  # fmt: skip
    at = trail.after(hazard.changed_at, at)  # one instant for all that follows, also where the asking was just recorded
    code = kind.grant if granted else kind.deny
    asked = FORMS[kind.ask].model_validate_json(request.form)
    if granted:
        granting.check(session, hazard, kind, asked, at=at)
        more_time.refuse_unseen(session, hazard, request.id)
    effect = granting.effect(session, hazard, kind, asked, form, at=at) if granted else more_time.Effect({})
    left = hazard.open_requests - 1
    pending.decide(session, request.id, "GRANTED" if granted else "DENIED", by=None if alone else by.person_id, at=at)
    duties.close_duty(session, hazard.id, REQUESTS[kind].clock, kind.grant, by=by, at=at, subject=request.id)
    if kind in more_time.EXTENSIONS:
        more_time.drop_opinion(session, hazard, request.id, by=by, at=at)
    taken = take(session, hazard, code, form, by=by, at=at, **{"open_requests": left, **effect.changes})
    if not alone:
        outbox.post(session, hazard, Topic.ANSWERED, subject=request.id, step=taken.move.to, at=at)
    if effect.then:
        effect.then(taken, by)
    return taken


def _alone(hazard: Hazard, kind: RequestKind, by: Actor) -> bool:
    grant = by.grant_for(REQUESTS[kind].decides)
    return grant is not None and not grant.second_person and grant.reach == "A" and hazard.frozen_at is None


def _decider(hazard: Hazard, kind: RequestKind, by: Actor) -> duties.Bearer:
    """In whose inbox the request lies: the department's head, or the office where the head is the one who asks."""
    roles = roles_for(REQUESTS[kind].decides)
    unit = hazard.lead_unit_id or hazard.verifying_unit_id
    if Role.DH in roles and unit and (Role.DH not in by.roles or len(roles) == 1):
        return duties.Bearer(Role.DH, unit_id=unit)
    return duties.Bearer(" ".join(sorted(role for role in roles if role != Role.DH)))


def _rule(session: Session, hazard: Hazard, kind: RequestKind) -> str:
    """An extension of a short limit is decided within the shorter clock."""
    if kind not in more_time.EXTENSIONS:
        return ""
    running = clocks.live(session, hazard.id, clocks.Clock.RECTIFICATION)
    short = running is not None and (running.due_at - running.start_at).days < clocks.SHORT_LIMIT_DAYS
    return clocks.Clock.SHORT_EXTENSION if short else ""
