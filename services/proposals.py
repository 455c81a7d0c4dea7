"""Propose an act of the office, and let another natural person approve or refuse it; the proposer may withdraw it."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select, tuple_, update
from sqlmodel import Session

from models.actor import Actor
from models.audit import OFFICE
from models.canonical import canonical
from models.errors import AlreadyDecided, FourEyes, InvalidInput, NotFound, NotPermitted
from models.ids import new_id
from models.permissions import Role
from models.process import who_may
from models.proposal import ActKind, Outcome
from models.tables import AUDIT_STREAM, PROPOSAL
from services import access, date_moves, set_up, trail
from services.acts import Acts, Approval, OfficeAct, Payload

_RULE = "职责分离：提出人、批准人须为不同的自然人（权限表标注“2”）"
_NO_DEED: Payload = {}


class Proposed(NamedTuple):
    """A proposal's id, and what it made if it was done at once (set-up mode)."""

    id: str
    result: Payload | None


class Position(NamedTuple):
    """Where a page ends: (proposed, id) of its last row."""

    proposed_at: datetime
    id: str


def propose(session: Session, act: OfficeAct, payload: Payload, *, by: Actor, at: datetime) -> Proposed:
    """Put an act before a second person; in set-up mode what an administrator may do alone is done at once.

    Source: GB/T 22239-2019 管理权限分离.
    Raises: NotPermitted (not one's to propose, or about oneself), and what the act's own check raises.
    """
    access.require(by, act.operation)
    _refuse_concerned(act.concerns(payload), by)
    act.check(session, payload, at)
    text = canonical(payload).decode()
    alone = act.done_alone_in_set_up and set_up.acts_alone(session, by=by)
    row = {
        "id": new_id(), "kind": act.kind, "payload": text, "summary": act.describe(session, payload),
        "concerns": act.concerns(payload), "proposed_by": by.person_id, "proposed_at": at, "decided_by": None,
        "decided_at": None, "outcome": None, "reason": "", "alone": False, "result": "{}",
    }  # fmt: skip
    session.execute(insert(PROPOSAL), row)
    facts = {"proposal": row["id"], "kind": act.kind, "summary": row["summary"], "concerns": row["concerns"],
             "payload_sha256": hashlib.sha256(text.encode()).hexdigest()}  # fmt: skip
    trail.append_office(session, "PROPOSED", by=by, at=at, facts=facts)
    if not alone:
        return Proposed(row["id"], None)
    approval = Approval(row["id"], by.person_id, by, at)
    return Proposed(row["id"], _done(session, act, payload, approval, alone=True))


def approve(
    session: Session,
    proposal_id: str,
    acts: Acts,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    moves: Sequence[str] = (),
) -> Payload:
    """Approve and do it, in this transaction. Of two who decide at once one does.

    `moves`: the running deadlines that a new version moves along; no other date moves.

    Raises: NotFound, AlreadyDecided, NotPermitted, FourEyes, and what the act's own check raises now.
    """
    date_moves.lock(session, moves)
    row, act = _waiting(session, proposal_id, acts, by=by)
    _refuse_proposer(row, act, by=by)
    _refuse_concerned(row.concerns, by)
    if moves and not act.moves_dates:
        raise _moves_nothing()
    payload = json.loads(row.payload)
    act.check(session, payload, at)
    approval = Approval(row.id, row.proposed_by, by, at, reason, tuple(moves))
    return _done(session, act, payload, approval, alone=False)


def refuse(session: Session, proposal_id: str, acts: Acts, *, by: Actor, at: datetime, reason: str) -> None:
    """Raises: NotFound, AlreadyDecided, NotPermitted, FourEyes."""
    row, act = _waiting(session, proposal_id, acts, by=by)
    _refuse_proposer(row, act, by=by)
    _refuse_concerned(row.concerns, by)
    _decide(session, row.id, Outcome.REFUSED, by=by, at=at, reason=reason)


def withdraw(session: Session, proposal_id: str, acts: Acts, *, by: Actor, at: datetime, reason: str = "") -> None:
    """The proposer takes it back.

    Raises: NotFound, AlreadyDecided, NotPermitted (somebody else's).
    """
    row, _ = _waiting(session, proposal_id, acts, by=by)
    if row.proposed_by != by.person_id:
        raise NotPermitted("只有提出人可以撤回。", rule=_RULE, remedy="如不同意，请办理“不批准”。")
    _decide(session, row.id, Outcome.WITHDRAWN, by=by, at=at, reason=reason)


def proposal(session: Session, proposal_id: str, acts: Acts, *, by: Actor) -> Any:
    """A proposal as it stands, for whoever holds its operation or proposed it, and the auditor.

    Raises: NotFound.
    """
    row = session.execute(select(PROPOSAL).where(PROPOSAL.c.id == proposal_id)).one_or_none()
    if row is None or (row.proposed_by != by.person_id and row.kind not in _mine(acts, by)):
        raise _not_found()
    return row


def proposals(
    session: Session, acts: Acts, *, by: Actor, waiting_only: bool, after: Position | None, limit: int
) -> Sequence[Any]:
    """What this person may decide or has proposed, the oldest first; a page after `after`."""
    mine = PROPOSAL.c.kind.in_(_mine(acts, by)) | (PROPOSAL.c.proposed_by == by.person_id)
    place = tuple_(PROPOSAL.c.proposed_at, PROPOSAL.c.id)
    statement = select(PROPOSAL).where(mine).order_by(PROPOSAL.c.proposed_at, PROPOSAL.c.id).limit(limit)
    if waiting_only:
        statement = statement.where(PROPOSAL.c.decided_at.is_(None))
    return session.execute(statement.where(place > after) if after else statement).all()


def _mine(acts: Acts, by: Actor) -> list[ActKind]:
    if by.holds({Role.AU}):
        return list(acts)
    return [kind for kind, act in acts.items() if by.grant_for(act.operation) is not None]


def _waiting(session: Session, proposal_id: str, acts: Acts, *, by: Actor) -> tuple[Any, OfficeAct]:
    """The proposal, locked and undecided, and its act.

    Decisions of the office are taken one after another: the lock on its stream comes first, so what an act checks
    still holds when it is applied.
    """
    session.execute(select(AUDIT_STREAM.c.seq).where(AUDIT_STREAM.c.stream == OFFICE).with_for_update())
    row = session.execute(select(PROPOSAL).where(PROPOSAL.c.id == proposal_id).with_for_update()).one_or_none()
    act = acts.get(ActKind(row.kind)) if row is not None else None
    if row is None or act is None or by.grant_for(act.operation) is None:
        raise _not_found()
    if row.decided_at is not None:
        raise AlreadyDecided("该待批事项已经办结。", rule="一项提议只决定一次", remedy="请刷新待批事项列表。")
    return row, act


def _refuse_proposer(row: Any, act: OfficeAct, *, by: Actor) -> None:
    if row.proposed_by == by.person_id:
        raise FourEyes(
            "该事项由您本人提出，不能由您决定。",
            rule=_RULE,
            remedy=f"请由其他{who_may(act.operation)}办理；您可以撤回。",
        )


def _refuse_concerned(person_id: str | None, by: Actor) -> None:
    if person_id == by.person_id:
        raise NotPermitted(
            "不能办理涉及本人的角色事项。",
            rule="职责分离：提出人、批准人和本人须为三个人",
            remedy="请由其他系统管理员办理。",
        )


def _done(session: Session, act: OfficeAct, payload: Payload, approval: Approval, *, alone: bool) -> Payload:
    result = act.apply(session, payload, approval)
    _decide(
        session, approval.proposal_id, Outcome.APPROVED, by=approval.by, at=approval.at, reason=approval.reason,
        alone=alone, result=result,
    )  # fmt: skip
    return result


def _decide(
    session: Session, proposal_id: str, outcome: Outcome, *, by: Actor, at: datetime, reason: str, alone: bool = False,
    result: Payload = _NO_DEED,
) -> None:  # fmt: skip
    values = {"decided_by": None if alone else by.person_id, "decided_at": at, "outcome": outcome, "reason": reason,
              "alone": alone, "result": canonical(result).decode()}  # fmt: skip
    undecided = (PROPOSAL.c.id == proposal_id, PROPOSAL.c.decided_at.is_(None))
    session.execute(update(PROPOSAL).where(*undecided).values(**values))
    facts = {"proposal": proposal_id, "reason": reason, "alone": alone, "result": result}
    trail.append_office(session, f"PROPOSAL_{outcome}", by=by, at=at, facts=facts)


def _moves_nothing() -> InvalidInput:
    return InvalidInput(
        "该事项不涉及期限变动。", rule="只有修订时限规则、督办升级规则和工作日历可以变动期限", remedy="请不选期限，直接批准。",
        extra={"errors": [{"field": "moves", "message": "须为空"}]},
    )  # fmt: skip


def _not_found() -> NotFound:
    return NotFound("没有找到该待批事项，或您无权查看。", rule=_RULE, remedy="请刷新待批事项列表。")
