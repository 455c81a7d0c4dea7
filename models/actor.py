"""Actor: who acts, in which roles and units. Built only from a session or key, never from a request body."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from models.permissions import Grant, Operation, Reach, Role, roles_for, widest

MACHINE = "key"


@dataclass(frozen=True)
class Principal:
    """Somebody for whom another acts for the time (委托人), with the grants that were lent."""

    person_id: str
    name: str
    grants: tuple[tuple[Role, str | None], ...]

    def lends(self, operation: Operation, unit_id: str | None) -> bool:
        """Whether the operation is among what was lent; where it reaches a unit only, in that unit."""
        cells = roles_for(operation)
        return any(
            (cell := cells.get(role)) is not None and (cell.reach == Reach.ALL or unit_id in {None, unit})
            for role, unit in self.grants
        )


@dataclass(frozen=True)
class Actor:
    """A natural person acting through an account.

    `grants` pairs each role with the unit it is held in (None: the person's enterprise, or no unit).
    While a delegation runs, `grants` hold the delegator's approvals as well, and `on_behalf_of` says whose they are.
    `verified_at` is when the password was last entered; None for machines' keys.
    """

    person_id: str
    name: str
    account_id: str
    grants: tuple[tuple[Role, str | None], ...]
    enterprise_id: str | None = None
    verified_at: datetime | None = None
    session: str = ""
    """First characters of the session's token hash, for the history."""
    seen_at: datetime | None = None
    """When the session was last noted to be in use; None for machines' keys."""
    on_behalf_of: tuple[Principal, ...] = ()
    """委托人: who is bound by what this person signs now."""
    scope: frozenset[Operation] | None = None
    """The only operations this token may be used for, whatever the person may do; None: all the person may do."""
    means: str = ""
    """How the person proved who they are (`password`, `oidc`, each with `+code`), or `key` for a machine."""

    @cached_property
    def roles(self) -> frozenset[Role]:
        return frozenset(role for role, _ in self.grants)

    @cached_property
    def unit_ids(self) -> frozenset[str]:
        return frozenset(unit for _, unit in self.grants if unit)

    @property
    def is_machine(self) -> bool:
        return self.means == MACHINE

    def covers(self, operation: Operation) -> bool:
        """Whether the token itself reaches so far; every grant is asked through this, so none can forget it."""
        return self.scope is None or operation in self.scope

    @property
    def is_public(self) -> bool:
        """A member of the public without an account: who it is, nobody here knows."""
        return self.roles == {Role.PR}

    def grant_for(self, operation: Operation) -> Grant | None:
        return widest(self.roles, operation) if self.covers(operation) else None

    def units_for(self, operation: Operation, reach: Reach) -> frozenset[str]:
        """The units in which this person holds a role that has the operation with this reach."""
        cells = roles_for(operation) if self.covers(operation) else {}
        return frozenset(
            unit for role, unit in self.grants if unit and (grant := cells.get(role)) and grant.reach == reach
        )

    @property
    def principal_ids(self) -> tuple[str, ...]:
        return tuple(principal.person_id for principal in self.on_behalf_of)

    def under(self, operation: Operation, unit_id: str | None = None) -> "Actor":
        """The same person, on behalf of those only who lent this operation."""
        if not self.on_behalf_of:
            return self
        return replace(self, on_behalf_of=tuple(one for one in self.on_behalf_of if one.lends(operation, unit_id)))

    def in_own_name(self) -> "Actor":
        return replace(self, on_behalf_of=()) if self.on_behalf_of else self

    def holds(self, roles: Iterable[Role]) -> bool:
        return not self.roles.isdisjoint(roles)


PUBLIC = Actor("public", "", "", ((Role.PR, None),))
"""Somebody without an account, reporting."""
