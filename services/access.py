"""The only way to get a hazard for somebody, and the only place that says who may do what to it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import cast

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, false, or_, select, text, true
from sqlmodel import Session

from models import Hazard
from models.actor import Actor
from models.errors import NotFound, NotPermitted, StepUpRequired
from models.hazard import Channel
from models.permissions import Operation, Reach, Role, label_of
from models.process import Move, Part, who_may
from models.tables import HAZARD, HAZARD_COPY, HAZARD_PARTY

_MATRIX = "权限表（hazardflow permissions）"
_PART_COLUMNS = {
    Part.VERIFYING: "verifying_unit_id",
    Part.LEAD: "lead_unit_id",
    Part.VILLAGE: "village_unit_id",
    Part.REPORTING: "reporting_unit_id",
    Part.RECTIFYING: "rectifying_unit_id",
    Part.SUPERVISING: "supervising_unit_id",
}
_NO = HAZARD.c.no == bindparam("wanted_no")
_READS = frozenset({
    Operation.READ_HAZARD, Operation.LIST_HAZARDS, Operation.READ_HISTORY, Operation.DOWNLOAD_EVIDENCE,
})  # fmt: skip
"""What a copy for information (抄送) lets a person do."""


_ASSIGNED_OR_OWN = or_(HAZARD.c.channel == Channel.SELF_REPORT, HAZARD.c.lead_unit_id.is_not(None))
"""What others found exists for its enterprise from the assignment on, whoever found it: were it a rule for tip-offs
only, whatever appears late would be one. `models.source.exists_for_enterprise` says the same of a row."""


def visible(by: Actor, operation: Operation = Operation.READ_HAZARD) -> ColumnElement[bool]:
    """The hazards this actor may see or read: what their reach covers, and what they were sent a copy of."""
    covered = reached(by, operation)
    if operation not in _READS or by.grant_for(operation) is None or by.enterprise_id:
        return covered
    return or_(covered, _copied_to(by))


def reached(by: Actor, operation: Operation) -> ColumnElement[bool]:
    """The hazards this actor's reach in the operation covers, as a condition."""
    grant = by.grant_for(operation)
    if grant is None:
        return false()
    if grant.reach == Reach.ALL:
        return true()
    conditions: list[ColumnElement[bool]] = []
    if units := by.units_for(operation, Reach.JURISDICTION):
        part = HAZARD_PARTY.c
        conditions.append(exists().where(part.hazard_id == HAZARD.c.id, part.unit_id.in_(sorted(units))))
    if by.enterprise_id:
        conditions.append(and_(HAZARD.c.enterprise_id == by.enterprise_id, _ASSIGNED_OR_OWN))
    return or_(false(), *conditions)


def sees(session: Session, hazard: Hazard, *, by: Actor) -> bool:
    """Whether this hazard exists for this actor."""
    return session.execute(select(HAZARD.c.id).where(HAZARD.c.id == hazard.id, visible(by))).first() is not None


def takes_part(session: Session, hazard: Hazard, *, by: Actor) -> bool:
    """Whether this actor has to do with the hazard, and does not only read it by a copy."""
    mine = select(HAZARD.c.id).where(HAZARD.c.id == hazard.id, reached(by, Operation.READ_HAZARD))
    return session.execute(mine).first() is not None


def hazard_for(session: Session, no: str, operation: Operation, *, by: Actor) -> Hazard:
    """The hazard, if it exists for this actor and the operation is theirs at all. Invisible is not found.

    Raises: NotFound, NotPermitted.
    """
    seen = or_(visible(by), visible(by, operation))
    return _found(session, select(HAZARD).where(_NO, seen), operation, by, no)


def hazards_for(session: Session, ids: Sequence[str], operation: Operation, *, by: Actor) -> Sequence[Hazard]:
    """Those of these hazards that exist for this actor, in the order of the ids."""
    rows = session.execute(select(HAZARD).where(HAZARD.c.id.in_(ids), visible(by, operation)))
    found = {row.id: cast(Hazard, row) for row in rows}
    return [found[one] for one in ids if one in found]


def lock_hazard_for(session: Session, no: str, operation: Operation, *, by: Actor) -> Hazard:
    """`hazard_for` for those who take part, holding the row until the transaction ends; a copy is for reading only."""
    if operation in _OF_TWO_HAZARDS:
        _one_at_a_time(session)
    try:
        return _found(session, _lock_for(by.grants, by.enterprise_id), operation, by, no)
    except NotFound:
        _refuse_reader(session, no, by)
        raise


_OF_TWO_HAZARDS = frozenset({Operation.MERGE, Operation.UNMERGE})
_MERGING_LOCK = 0x6D657267


def _one_at_a_time(session: Session) -> None:
    """Who merges holds two hazards: one after the other, for two mergers that cross would wait for each other for ever.
    On SQLite there is one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MERGING_LOCK})


@lru_cache(maxsize=512)
def _lock_for(grants: tuple[tuple[Role, str | None], ...], enterprise_id: str | None) -> Select[tuple[object, ...]]:
    """The locking statement of whoever holds these grants; building it costs more than running it."""
    holder = Actor("", "", "", grants, enterprise_id)
    return select(HAZARD).where(_NO, reached(holder, Operation.READ_HAZARD)).with_for_update()


def _refuse_reader(session: Session, no: str, by: Actor) -> None:
    """Raises: NotPermitted for somebody who may read this hazard by a copy and now wants to do more."""
    if session.execute(select(HAZARD.c.id).where(_NO, visible(by)), {"wanted_no": no}).first() is not None:
        raise NotPermitted("该隐患抄送给您，仅供阅知。", rule="抄送件只读", remedy="请由该隐患的办理单位办理。")


def _copied_to(by: Actor) -> ColumnElement[bool]:
    copy = HAZARD_COPY.c
    return exists().where(copy.hazard_id == HAZARD.c.id, copy.person_id == by.person_id, copy.revoked_at.is_(None))


def _found(session: Session, statement: Select[tuple[object, ...]], operation: Operation, by: Actor, no: str) -> Hazard:
    row = session.connection().execute(statement, {"wanted_no": no}).one_or_none()
    if row is None:
        raise NotFound(f"没有找到隐患 {no}，或您无权查看。", rule=_MATRIX, remedy="请核对隐患编号。")
    require(by, operation)
    return cast(Hazard, row)


def require(by: Actor, operation: Operation) -> None:
    """The actor holds the operation in some role.

    Raises: NotPermitted, naming who may.
    """
    if by.grant_for(operation) is None:
        raise NotPermitted(
            f"您的角色不能办理“{label_of(operation)}”。", rule=_MATRIX, remedy=f"可由{who_may(operation)}办理。",
            extra={"who": who_may(operation)},
        )  # fmt: skip


def require_within_scope(by: Actor, operation: Operation) -> None:
    """The token itself reaches as far as the operation, whatever its person may do.

    Raises: NotPermitted, saying how the token is limited.
    """
    if by.covers(operation):
        return
    if by.is_machine:
        raise NotPermitted(
            f"这把密钥不能用于“{label_of(operation)}”。",
            rule="密钥只能用于生成时列出的操作",
            remedy="请生成列有该操作的密钥，或由本人登录办理。",
        )
    raise NotPermitted(
        "登录尚未完成，暂时不能办理其他事项。", rule="须先补全登录凭据",
        remedy="请先输入动态口令（POST /api/v1/session/verification）、绑定动态口令（POST /api/v1/second-factor）或更换密码（POST /api/v1/password）。",
    )  # fmt: skip


def require_recent_password(by: Actor, operation: Operation, *, at: datetime, within: timedelta) -> None:
    """Operations marked S ask for a password entered recently; a machine's key never satisfies them.

    Raises: StepUpRequired.
    """
    grant = by.grant_for(operation)
    if grant is None or not grant.step_up:
        return
    if by.verified_at is None or by.verified_at < at - within:
        raise StepUpRequired(
            f"“{label_of(operation)}”需要再次输入密码。", rule=_MATRIX, remedy="请重新验证密码后再提交。"
        )


def may_take(by: Actor, move: Move, hazard: Hazard) -> bool:
    """Whether this move is this person's to make, four eyes left aside."""
    try:
        require(by, move.operation)
        acting_unit(by, move, hazard)
    except NotPermitted:
        return False
    return True


def acting_unit(by: Actor, move: Move, hazard: Hazard) -> str | None:
    """The unit for which the actor makes this move, None where an enterprise acts.

    Raises: NotPermitted, when the move belongs to units other than the actor's.
    """
    grant = by.grant_for(move.operation)
    if grant is not None and grant.reach == Reach.ALL:
        return min(by.units_for(move.operation, Reach.ALL), default=None)
    if grant is not None and grant.reach == Reach.OWN and by.enterprise_id and by.enterprise_id == hazard.enterprise_id:
        return None
    mine = by.units_for(move.operation, Reach.JURISDICTION)
    held = {getattr(hazard, _PART_COLUMNS[part]) for part in move.part if part in _PART_COLUMNS}
    if units := mine & held:
        return min(units)
    parts = "或".join(part.label for part in sorted(move.part))
    raise NotPermitted(
        f"“{move.decision.label}”须由该隐患的{parts or '整改单位'}办理，您的单位不是。",
        rule=_MATRIX,
        remedy=f"可由{parts or '整改单位'}的{who_may(move.operation)}办理。",
        extra={"who": f"{parts or '整改单位'}的{who_may(move.operation)}"},
    )
