"""Acts of the office that wait for a second person: which there are here, and how a page puts one before them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from sqlmodel import Session

from models.proposal import ActKind
from notifications.channel_address import ChannelKind
from notifications.wording import Words
from services import proposals
from services.acts import Acts, Payload
from web.acting import Act


@dataclass(frozen=True)
class SecondPerson:
    """What the program hands the pages: every act it knows, and how a channel (its secrets sealed) and a notice's words
    become what is proposed."""

    acts: Callable[[], Acts]
    channel: Callable[[ChannelKind, str, dict[str, Any]], Payload]
    template: Callable[[Session, str, Words], Payload]


def second_person_of(request: Request) -> SecondPerson:
    return request.app.state.second_person


def put_forward(done: Act, request: Request, kind: ActKind, payload: Payload) -> None:
    """Propose, and lead to the proposal: it waits there, or (set-up mode) says what was done."""
    act = second_person_of(request).acts()[kind]
    made = proposals.propose(done.session, act, payload, by=done.by, at=done.at)
    done.leads_to = f"/admin/proposals/{made.id}?done=proposed"
