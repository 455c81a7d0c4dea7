"""Set-up mode 初装: the one administrator of a new installation cannot ask a second one yet (docs/adr/0012)."""

from sqlalchemy import exists, func, select
from sqlmodel import Session

from models.actor import Actor
from models.permissions import Role
from models.proposal import ActKind, Outcome
from models.tables import PROPOSAL, ROLE_GRANT

_OF_ADMINISTRATORS = (ActKind.GRANT_ROLE, ActKind.WITHDRAW_ROLE, ActKind.ADD_CHANNEL)
_ADMINISTRATORS = select(func.count(func.distinct(ROLE_GRANT.c.person_id))).where(ROLE_GRANT.c.role == Role.AD)
_SECOND_PERSON_ACTED = select(
    exists().where(
        PROPOSAL.c.kind.in_(_OF_ADMINISTRATORS), PROPOSAL.c.outcome == Outcome.APPROVED, PROPOSAL.c.decided_by.is_not(None)
    )
)  # fmt: skip


def is_set_up(session: Session) -> bool:
    """Whether the installation is in set-up mode: at most one person holds the administrator's role, and no second
    administrator has ever approved anything.

    It ends for good with the grant of the role to a second person: to withdraw that role again takes an approval.
    """
    if session.execute(_ADMINISTRATORS).scalar_one() > 1:
        return False
    return not session.execute(_SECOND_PERSON_ACTED).scalar_one()


def acts_alone(session: Session, *, by: Actor) -> bool:
    """This person is the one administrator of an installation in set-up mode."""
    return Role.AD in by.roles and is_set_up(session)
