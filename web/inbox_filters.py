"""What the inbox is narrowed by, read from the address; kept under a name like the ledger's filters."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Query

from models.saved_filter import Choice
from models.stage import Stage
from services.inbox import Narrowed
from services.watches import Watching

VIEWS = {"": "我和本单位的", "mine": "我领取的", "followed": "我标了跟进日期的"}
STATES = {"overdue": "逾期", "soon": "临期", "normal": "正常"}


@dataclass(frozen=True)
class AskedInbox(Choice):
    """The view and the filters of the inbox."""

    view: str = ""
    stage: str = ""
    state: str = ""
    text: str = ""

    @property
    def narrows(self) -> bool:
        return bool(self.stage or self.state or self.text)

    def narrowed(self, soon: Watching) -> Narrowed:
        """`soon`: the instants that count as late and as soon now."""
        due = {
            "overdue": {"due_before": soon.at}, "soon": {"due_from": soon.at, "due_until": soon.soon},
            "normal": {"due_after": soon.soon},
        }  # fmt: skip
        return Narrowed(stage=self.stage or None, text=self.text or None, **due.get(self.state, {}))


def asked(
    view: Annotated[str, Query(max_length=20)] = "", stage: Annotated[str, Query(max_length=40)] = "",
    state: Annotated[str, Query(max_length=20)] = "", text: Annotated[str, Query(max_length=100)] = "",
) -> AskedInbox:  # fmt: skip
    """What is not one of the choices counts as left open."""
    return AskedInbox(
        view if view in VIEWS else "",
        stage if stage in set(Stage) else "",
        state if state in STATES else "",
        text.strip(),
    )


def read(query: str) -> AskedInbox:
    """A kept query."""
    known = dict(parse_qsl(query))
    return asked(**{name: known.get(name, "")[:100] for name in vars(AskedInbox())})


AskedInboxDep = Annotated[AskedInbox, Depends(asked)]
