"""Actor: who acts, in which roles and units. Built only from a session or key, never from a request body."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from models.permissions import Grant, Operation, Reach, Role, roles_for, widest


@dataclass(frozen=True)
class Actor:
    """A natural person acting through an account.

    `grants` pairs each role with the unit it is held in (None: the person's enterprise, or no unit).
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

    @cached_property
    def roles(self) -> frozenset[Role]:
        return frozenset(role for role, _ in self.grants)

    @cached_property
    def unit_ids(self) -> frozenset[str]:
        return frozenset(unit for _, unit in self.grants if unit)

    @property
    def is_public(self) -> bool:
        """A member of the public without an account: who it is, nobody here knows."""
        return self.roles == {Role.PR}

    def grant_for(self, operation: Operation) -> Grant | None:
        return widest(self.roles, operation)

    def units_for(self, operation: Operation, reach: Reach) -> frozenset[str]:
        """The units in which this person holds a role that has the operation with this reach."""
        cells = roles_for(operation)
        return frozenset(
            unit for role, unit in self.grants if unit and (grant := cells.get(role)) and grant.reach == reach
        )

    def holds(self, roles: Iterable[Role]) -> bool:
        return not self.roles.isdisjoint(roles)


PUBLIC = Actor("public", "", "", ((Role.PR, None),))
"""Somebody without an account, reporting."""
