"""What the ledger is narrowed by, read from the address: for the list, its export and its saved filters alike."""

from typing import Annotated

from fastapi import Depends, Query

from services.ledger_filters import Asked, made
from services.watches import Watch
from web.desk import HereDep

WATCHES = {
    Watch.OVERDUE: "逾期", Watch.SOON: "临期", Watch.LISTED: "挂牌督办", Watch.UNANSWERED: "督办函待答复",
    Watch.SILENT: "进展逾期未报", Watch.UNCONTROLLED: "管控逾期未核实",
}  # fmt: skip


def asked(
    visit: HereDep, text: Annotated[str, Query(max_length=100)] = "", stage: str = "", channel: str = "",
    unit: Annotated[str, Query(max_length=20)] = "", watch: str = "", overdue: str = "",
) -> Asked:  # fmt: skip
    """What is not one of the choices counts as left open.

    Raises: NotPermitted when an enterprise asks by channel.
    """
    given = {
        "text": text,
        "stage": stage,
        "channel": channel,
        "unit": unit,
        "watch": watch or (Watch.OVERDUE if overdue else ""),
    }
    return made(given, by=visit.by)


AskedDep = Annotated[Asked, Depends(asked)]
