"""Where things stand in the diagram of the process: a column by stage, a row within the lane of whoever's move it is."""

from dataclasses import dataclass
from typing import NamedTuple

from cli.process_arrows import arrows
from models.process import STEPS
from models.stage import Step

EVENT, TASK_WIDTH, TASK_HEIGHT = 36, 150, 80
MIDDLE = 40
"""Where a flow leaves a row, measured from its top; a flow that comes straight across arrives there too."""
PORT = 20
LETTER, LINE = 12, 14


@dataclass(frozen=True, slots=True)
class Stop:
    """Something flows lead to or from: a task, an event, a sub-process."""

    key: str
    lane: int
    column: int
    width: int = TASK_WIDTH
    caption: str = ""
    """An event's name, written below it."""
    limit: str = ""
    """The limit of a task's clock, written beside its timer; empty where no clock runs."""
    forks: bool = False
    """Several flows leave it, through a gateway."""

    is_panel: bool = False
    """A sub-process opened up, its own shapes inside."""

    @property
    def is_event(self) -> bool:
        return self.width == EVENT


class Link(NamedTuple):
    """A flow between two stops."""

    key: str
    source: str
    target: str
    label: str


class Place(NamedTuple):
    column: int
    row: int


def columns() -> dict[Step, int]:
    """A step stands right of every step that leads to it, and right of every stage that leads to its stage."""
    forward, placed = [(arrow.at, arrow.to) for arrow in arrows()], dict[Step, int]()
    for step, info in STEPS.items():
        before = [at for at, to in forward if to == step and at in placed]
        if not info.is_end:
            feeding = {STEPS[at].stage for at, to in forward if STEPS[to].stage == info.stage and at in placed}
            before += [at for at in placed if STEPS[at].stage in feeding - {info.stage} and not STEPS[at].is_end]
        placed[step] = 1 + max((placed[at] for at in before), default=0)
    return placed


def places(stops: list[Stop]) -> tuple[dict[str, Place], list[int]]:
    """Each stop's column and row, rows counted through all lanes, and the lane of every row."""
    taken: dict[tuple[int, int], list[str]] = {}
    for stop in stops:
        taken.setdefault((stop.lane, stop.column), []).append(stop.key)
    first, lanes = dict[int, int](), list[int]()
    for lane in range(1 + max(stop.lane for stop in stops)):
        first[lane] = len(lanes)
        lanes += [lane] * max([1, *(len(keys) for (of, _), keys in taken.items() if of == lane)])
    found = {
        key: Place(column, first[lane] + number)
        for (lane, column), keys in taken.items()
        for number, key in enumerate(keys)
    }
    return found, lanes


def ports(stops: list[Stop], links: list[Link], where: dict[str, Place]) -> dict[tuple[str, str], int]:
    """How far below its row's top each decision arrives at its stop; what comes straight across arrives unbent."""
    straight = {(link.target, link.label) for link in links if is_straight(link, where)}
    found: dict[tuple[str, str], int] = dict.fromkeys(straight, MIDDLE)
    for stop in stops:
        labels = dict.fromkeys(link.label for link in links if link.target == stop.key)
        bent = [label for label in labels if (stop.key, label) not in straight]
        free = _event_heights() if stop.is_event else _heights(crossed=len(bent) < len(labels), count=len(bent))
        found |= {(stop.key, label): height for label, height in zip(bent, free, strict=False)}
        if missing := [label for label in bent if (stop.key, label) not in found]:
            raise ValueError(f"too many decisions lead to the event {stop.key}: no room for {missing}")
    return found


def is_straight(link: Link, where: dict[str, Place]) -> bool:
    return is_next(link, where) and where[link.source].row == where[link.target].row


def is_next(link: Link, where: dict[str, Place]) -> bool:
    return where[link.target].column == where[link.source].column + 1


def text_width(text: str) -> int:
    return sum(LETTER if ord(letter) > 0x2000 else LETTER // 2 + 1 for letter in text)


def _heights(*, crossed: bool, count: int) -> list[int]:
    """Half a port off the height at which flows leave, so that no flow runs along another's line."""
    heights = [PORT // 2 + PORT * number for number in range(count + 2)]
    return [height for height in heights if not crossed or abs(height - MIDDLE) > PORT // 2]


def _event_heights() -> list[int]:
    return [MIDDLE - PORT // 2, MIDDLE + PORT // 2]
