"""The layout of the diagram of the process: every shape's bounds and every flow's way, the same on every run.

Shapes stand in the cells of a grid. Between two columns lies a channel for what runs up and down, above each row a gap
for what runs across, and left of each cell a zone for the words of what arrives: so no line crosses a shape or a word.
"""

from dataclasses import dataclass, field
from math import sqrt
from typing import NamedTuple

from cli.process_grid import EVENT, LINE, MIDDLE, Link, Stop, is_next, is_straight, text_width
from cli.process_plan import CAPTION, DROP, FORK, HEADER, MARGIN, TITLES, Plan, Point, lines


class Box(NamedTuple):
    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height


@dataclass
class Drawing:
    """Bounds of shapes and of the words beside them, waypoints of flows; all by key."""

    lanes: list[Box]
    pool: Box
    columns: list[tuple[int, int]]
    boxes: dict[str, Box] = field(default_factory=dict)
    words: dict[str, Box] = field(default_factory=dict)
    ways: dict[str, list[Point]] = field(default_factory=dict)


def drawn(stops: list[Stop], links: list[Link]) -> Drawing:
    plan = Plan(stops, links)
    drawing = _frame(plan)
    for stop in stops:
        _draw(drawing, plan, stop)
    for link in links:
        arrival = plan.start_of(link.target)[1] + plan.ports[link.target, link.label]
        drawing.ways[link.key] = _way(drawing, plan, link, arrival)
        left = plan.lefts[plan.where[link.target].column]
        drawing.words[link.key] = Box(left + 4, arrival - LINE, text_width(link.label), LINE - 1)
    return drawing


def _frame(plan: Plan) -> Drawing:
    pool = Box(0, TITLES, plan.width, plan.height - TITLES)
    lanes: list[Box] = []
    for lane in range(1 + max(plan.lanes)):
        first = plan.lanes.index(lane)
        after = first + plan.lanes.count(lane)
        end = plan.gaps[after] if after < len(plan.gaps) else plan.height
        lanes.append(Box(HEADER // 2, plan.gaps[first], plan.width - HEADER // 2, end - plan.gaps[first]))
    return Drawing(lanes, pool, [(left, plan.channel(column, left)) for column, left in enumerate(plan.lefts)])


def _draw(drawing: Drawing, plan: Plan, stop: Stop) -> None:
    """A stop's own shape and what hangs on it: gateway, timer, the end its timer leads to."""
    x, y = plan.start_of(stop.key)
    if stop.is_event:
        drawing.boxes[stop.key] = Box(x, y + MIDDLE - EVENT // 2, EVENT, EVENT)
        below = y + MIDDLE + EVENT // 2 + 4
        wide = min(CAPTION, max(EVENT, text_width(stop.caption)))
        drawing.words[stop.key] = Box(x + EVENT // 2 - wide // 2, below, wide, LINE * lines(stop.caption))
        return
    box = drawing.boxes[stop.key] = Box(x, y, stop.width, plan.body(stop))
    if stop.forks:
        fork = Box(box.right + MARGIN * 2, y + MIDDLE - FORK // 2, FORK, FORK)
        drawing.boxes[f"FORK_{stop.key}"] = fork
        drawing.ways[f"TO_FORK_{stop.key}"] = [(box.right, y + MIDDLE), (fork.x, y + MIDDLE)]
    if stop.limit:
        _hang_timer(drawing, box, stop)


def _hang_timer(drawing: Drawing, box: Box, stop: Stop) -> None:
    timer = Box(box.x + 10, box.bottom - EVENT // 2, EVENT, EVENT)
    end = Box(timer.x, timer.bottom + DROP, EVENT, EVENT)
    middle = timer.x + EVENT // 2
    drawing.boxes |= {f"TIMER_{stop.key}": timer, f"LATE_{stop.key}": end}
    drawing.ways[f"TO_LATE_{stop.key}"] = [(middle, timer.bottom), (middle, end.y)]
    drawing.words[f"TIMER_{stop.key}"] = Box(timer.right + 6, box.bottom + 4, text_width(stop.limit), LINE)
    drawing.words[f"LATE_{stop.key}"] = Box(end.right + 6, end.y + 10, text_width("督办升级"), LINE)


def _way(drawing: Drawing, plan: Plan, link: Link, arrival: int) -> list[Point]:
    """Out of the source, up or down its channel, across above the target's row, down to the height it arrives at."""
    leaves = drawing.boxes.get(f"FORK_{link.source}", drawing.boxes[link.source]).right
    height = plan.start_of(link.source)[1] + MIDDLE
    arrives = _edge(drawing.boxes[link.target], plan.stops[link.target], arrival)
    if is_straight(link, plan.where):
        return [(leaves, height), (arrives, arrival)]
    trunk = plan.trunk(link)
    if is_next(link, plan.where):
        return [(leaves, height), (trunk, height), (trunk, arrival), (arrives, arrival)]
    entry, gap = plan.entry(link)
    return [(leaves, height), (trunk, height), (trunk, gap), (entry, gap), (entry, arrival), (arrives, arrival)]


def _edge(box: Box, stop: Stop, height: int) -> int:
    """Where a flow meets the left of a shape: a task's side, an event's circle."""
    if not stop.is_event:
        return box.x
    radius = EVENT / 2
    off = height - (box.y + radius)
    return box.x + round(radius - sqrt(radius**2 - off**2))
