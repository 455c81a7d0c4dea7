"""What the ledger is narrowed by: read from the address, for the list, its export and its saved filters alike."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query
from sqlmodel import Session

from models.errors import NotPermitted
from models.hazard import Channel
from models.stage import Stage
from services import register, supervision
from services.watches import Watch
from web.desk import Here, HereDep

WATCHES = {
    Watch.OVERDUE: "逾期", Watch.SOON: "临期", Watch.LISTED: "挂牌督办", Watch.UNANSWERED: "督办函待答复",
    Watch.SILENT: "进展逾期未报", Watch.UNCONTROLLED: "管控逾期未核实",
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """The filters as a person chose them; empty: any."""

    text: str = ""
    stage: str = ""
    channel: str = ""
    unit: str = ""
    watch: str = ""

    @property
    def query(self) -> str:
        """The address of this choice, without what was left open."""
        return urlencode([(name, value) for name, value in vars(self).items() if value])

    def filters(self, session: Session, visit: Here) -> register.Filters:
        watched = supervision.watching(session, Watch(self.watch), at=visit.at) if self.watch else None
        return register.Filters(
            stage=self.stage or None, channel=self.channel or None, lead_unit=self.unit or None,
            text=self.text or None, watched=watched,
        )  # fmt: skip


def asked(
    visit: HereDep, text: Annotated[str, Query(max_length=100)] = "", stage: str = "", channel: str = "",
    unit: Annotated[str, Query(max_length=20)] = "", watch: str = "", overdue: str = "",
) -> Asked:  # fmt: skip
    """What is not one of the choices counts as left open.

    Raises: NotPermitted when an enterprise asks by channel.
    """
    return made(visit, {"text": text, "stage": stage, "channel": channel, "unit": unit,
                        "watch": watch or (Watch.OVERDUE if overdue else "")})  # fmt: skip


def made(visit: Here, given: Mapping[str, str]) -> Asked:
    known = {"stage": set(Stage), "channel": set(Channel), "watch": set(Watch)}
    kept = {name: value.strip() for name, value in given.items() if name not in known or value in known[name]}
    chosen = Asked(**kept)
    if visit.by.enterprise_id and chosen.watch == Watch.UNANSWERED:
        return replace(chosen, watch="")  # among officials
    if visit.by.enterprise_id and chosen.channel:
        raise NotPermitted("企业用户不能按来源渠道查询。", rule="举报来源保密", remedy="请去掉来源渠道后查询。")
    return chosen


AskedDep = Annotated[Asked, Depends(asked)]
