"""What an act of the office is: who may propose and decide it, how it is checked, done and put into words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.actor import Actor
from models.operations import Operation
from models.proposal import ActKind

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Approval:
    """Under whose word an act is done: proposer, approver (the same person only when alone in set-up mode), reason."""

    proposal_id: str
    proposed_by: str
    by: Actor
    at: datetime
    reason: str = ""
    moves: tuple[str, ...] = ()
    """The running deadlines the approver chose to move along (acts that `moves_dates` only)."""


@dataclass(frozen=True, slots=True)
class OfficeAct:
    """One kind of act. `check` is asked at the proposal and again at the approval; `apply` writes the fact with its
    events in the approving transaction and returns what it made."""

    kind: ActKind
    operation: Operation
    check: Callable[[Session, Payload, datetime], None]
    """Raises what is wrong with the payload as things stand."""
    apply: Callable[[Session, Payload, Approval], Payload]
    describe: Callable[[Session, Payload], str]
    """The act in one Chinese sentence; no secret in it."""
    concerns: Callable[[Payload], str | None] = lambda _payload: None
    """The person it is about, who can neither propose nor approve it."""
    done_alone_in_set_up: bool = False
    moves_dates: bool = False


Acts = Mapping[ActKind, OfficeAct]
