"""What a person narrows the ledger by: one choice for the list, its export, its saved filters and their subscriptions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qsl

from sqlmodel import Session

from models.actor import Actor
from models.errors import NotPermitted
from models.hazard import Channel
from models.saved_filter import Choice
from models.stage import Stage
from services import register, supervision
from services.watches import Watch

_KNOWN = {"stage": frozenset(Stage), "channel": frozenset(Channel), "watch": frozenset(Watch)}


@dataclass(frozen=True)
class Asked(Choice):
    """The filters of the ledger."""

    text: str = ""
    stage: str = ""
    channel: str = ""
    unit: str = ""
    watch: str = ""

    def filters(self, session: Session, *, at: datetime) -> register.Filters:
        watched = supervision.watching(session, Watch(self.watch), at=at) if self.watch else None
        return register.Filters(
            stage=self.stage or None, channel=self.channel or None, lead_unit=self.unit or None,
            text=self.text or None, watched=watched,
        )  # fmt: skip


def made(given: Mapping[str, str], *, by: Actor) -> Asked:
    """What is not one of the choices counts as left open.

    Raises: NotPermitted when an enterprise asks by channel.
    """
    known = {name: value for name, value in given.items() if name in vars(Asked())}
    kept = {name: value.strip() for name, value in known.items() if name not in _KNOWN or value in _KNOWN[name]}
    chosen = Asked(**kept)
    if by.enterprise_id and chosen.watch == Watch.UNANSWERED:
        return replace(chosen, watch="")  # among officials
    if by.enterprise_id and chosen.channel:
        raise NotPermitted("企业用户不能按来源渠道查询。", rule="举报来源保密", remedy="请去掉来源渠道后查询。")
    return chosen


def read(query: str, *, by: Actor) -> Asked:
    """A kept query, as whoever reads it now may ask it."""
    return made(dict(parse_qsl(query)), by=by)
