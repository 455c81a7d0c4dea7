"""The measures of the diagram: how many tracks each channel and gap needs, and from that where everything begins."""

from typing import TypeVar

from cli.process_grid import (
    EVENT,
    LINE,
    MIDDLE,
    PORT,
    TASK_HEIGHT,
    Link,
    Stop,
    is_next,
    is_straight,
    places,
    ports,
    text_width,
)  # fmt: skip

HEADER, TITLES = 60, 90
"""Left of the first column: the names of the pool and the lanes. Above the pool: the names of the stages."""
TRACK, MARGIN, FORK, DROP, CAPTION, PANEL_HEIGHT = 12, 20, 50, 22, 96, 120
Point = tuple[int, int]
Kept = TypeVar("Kept")


class Plan:
    """The grid's measures: which tracks each channel and gap needs, and from that where everything begins."""

    def __init__(self, stops: list[Stop], links: list[Link]):
        self.stops = {stop.key: stop for stop in stops}
        self.where, self.lanes = places(stops)
        self.ports = ports(stops, links, self.where)
        self.trunks: dict[int, list[str]] = {}
        self.entries: dict[int, list[tuple[str, str]]] = {}
        self.across: dict[int, list[tuple[str, str]]] = {}
        for link in links:
            self._lay(link)
        self.zones, self.bodies = self._widths(links)
        self.lefts, self.width = self._columns()
        self.tops, self.gaps, self.height = self._rows()

    def _lay(self, link: Link) -> None:
        if is_straight(link, self.where):
            return
        _add(self.trunks, self.where[link.source].column, link.source)
        if not is_next(link, self.where):
            arrival = (link.target, link.label)
            _add(self.entries, self.where[link.target].column - 1, arrival)
            _add(self.across, self.where[link.target].row, arrival)

    def _widths(self, links: list[Link]) -> tuple[dict[int, int], dict[int, int]]:
        """Of each column: the zone for the words of what arrives, and the cells themselves."""
        zones, bodies = dict[int, int](), dict[int, int]()
        for link in links:
            column = self.where[link.target].column
            zones[column] = max(zones.get(column, 0), text_width(link.label) + MARGIN)
        for key, stop in self.stops.items():
            column = self.where[key].column
            wide = CAPTION if stop.is_event else stop.width + (MARGIN * 2 + FORK if stop.forks else 0)
            bodies[column] = max(bodies.get(column, 0), wide)
        return zones, bodies

    def _columns(self) -> tuple[list[int], int]:
        """The left edge of each column's zone, and where the last channel ends."""
        lefts, x = list[int](), HEADER + MARGIN
        for column in range(1 + max(self.bodies)):
            lefts.append(x)
            x = self.channel(column, x) + MARGIN + TRACK * self._tracks(column)
        return lefts, x

    def channel(self, column: int, left: int) -> int:
        return left + self.zones.get(column, 0) + self.bodies.get(column, 0) + MARGIN

    def _tracks(self, column: int) -> int:
        return len(self.trunks.get(column, ())) + len(self.entries.get(column, ()))

    def _rows(self) -> tuple[list[int], list[int], int]:
        """The top of each row's cells, the top of the gap above it, and where the last row ends."""
        tops, gaps, y = list[int](), list[int](), TITLES
        for row in range(len(self.lanes)):
            gaps.append(y)
            tops.append(y + MARGIN + TRACK * len(self.across.get(row, ())))
            tall = [self.tall(stop) for key, stop in self.stops.items() if self.where[key].row == row]
            y = tops[-1] + max(tall, default=TASK_HEIGHT) + MARGIN
        return tops, gaps, y

    def body(self, stop: Stop) -> int:
        """The height of the shape itself, with room for all that arrives."""
        lowest = max((height for (key, _), height in self.ports.items() if key == stop.key), default=0)
        return max(PANEL_HEIGHT if stop.is_panel else TASK_HEIGHT, lowest + PORT // 2)

    def tall(self, stop: Stop) -> int:
        """The height of a cell: the shape with what hangs below it."""
        if stop.is_event:
            return MIDDLE + EVENT // 2 + LINE * (1 + lines(stop.caption))
        return self.body(stop) + (EVENT * 2 + DROP if stop.limit else 0)

    def start_of(self, key: str) -> Point:
        """The left edge of a stop's shape, and the top of its row."""
        place = self.where[key]
        return self.lefts[place.column] + self.zones.get(place.column, 0), self.tops[place.row]

    def trunk(self, link: Link) -> int:
        column = self.where[link.source].column
        return self.channel(column, self.lefts[column]) + TRACK * self.trunks[column].index(link.source)

    def entry(self, link: Link) -> Point:
        """Where a flow turns into its last stretch: its track in the channel, its track in the gap."""
        place, arrival = self.where[link.target], (link.target, link.label)
        column = place.column - 1
        number = len(self.trunks.get(column, ())) + self.entries[column].index(arrival)
        x = self.channel(column, self.lefts[column]) + TRACK * number
        return x, self.gaps[place.row] + TRACK * (1 + self.across[place.row].index(arrival))


def lines(caption: str) -> int:
    """How many lines a name below an event takes."""
    return -(-text_width(caption) // CAPTION)


def _add(lists: dict[int, list[Kept]], index: int, what: Kept) -> None:
    if what not in lists.setdefault(index, []):
        lists[index].append(what)
