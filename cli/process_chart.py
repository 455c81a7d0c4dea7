"""What stands in the diagram of the process and what flows between it, read off the table of moves."""

from dataclasses import dataclass

from cli.process_arrows import arrows, begins_again, from_anywhere
from cli.process_docs import limit_of
from cli.process_grid import EVENT, Link, Stop, columns
from models.process import FIRST_STEP, STEPS, Move
from models.rules import DeadlineRules
from models.stage import Owner, Stage, Step
from services.seeding import read_data

LANES = {
    Owner.COMMITTEE: "镇安委办与镇领导", Owner.REPORTER: "上报单位", Owner.VERIFYING_UNIT: "核查单位", Owner.LEAD_UNIT: "牵头单位",
    Owner.ENTERPRISE: "整改责任单位",
}  # fmt: skip
PANEL_WIDTH = 260


@dataclass(frozen=True)
class Chart:
    """The diagram before it has a layout."""

    stops: list[Stop]
    links: list[Link]
    starts: list[str]
    ends: list[Step]
    anywhere: list[Move]
    stages: dict[Stage, tuple[int, int]]
    """First and last column of each stage with steps that wait for somebody."""

    @property
    def tasks(self) -> list[Step]:
        return [step for step, info in STEPS.items() if not info.is_end]


def factory_rules() -> DeadlineRules:
    return DeadlineRules.from_body("", read_data("deadline_rules.json"))


def process_chart() -> Chart:
    column, anywhere = columns(), list(from_anywhere())
    ends = [step for step, info in STEPS.items() if info.is_end and step not in {move.to for move in anywhere}]
    starts, begun = _starts(column)
    tasks = [_task(step, column[step]) for step, info in STEPS.items() if not info.is_end]
    finishes = [Stop(end, _lane_of_end(end), column[end], EVENT, STEPS[end].label) for end in ends]
    first = _lane(STEPS[FIRST_STEP].owner)
    panels = [Stop(f"ANYWHERE_{move.to}", first, max(column.values()), PANEL_WIDTH, is_panel=True) for move in anywhere]
    flows = [
        Link(f"FLOW_{arrow.at}_{arrow.to}", arrow.at, arrow.to, arrow.label)
        for arrow in arrows()
        if not STEPS[arrow.at].is_end
    ]
    stops = [*starts, *tasks, *finishes, *panels]
    return Chart(stops, [*begun, *flows], [stop.key for stop in starts], ends, anywhere, _stages(column))


def _starts(column: dict[Step, int]) -> tuple[list[Stop], list[Link]]:
    """The report, and every way an ended hazard begins again: an end has no way out, so that is a new beginning."""
    ways = [("REPORTED", FIRST_STEP, "上报", ""), *(
        (f"AGAIN_{to}_{'_'.join(ends)}", to, "、".join(STEPS[end].label for end in ends), label)
        for (to, label), ends in begins_again().items()
    )]  # fmt: skip
    stops = [Stop(key, _lane(STEPS[to].owner), column[Step(to)] - 1, EVENT, caption) for key, to, caption, _ in ways]
    return stops, [Link(f"FLOW_{key}", key, to, label) for key, to, _, label in ways]


def _task(step: Step, column: int) -> Stop:
    info = STEPS[step]
    limit = limit_of(factory_rules(), info.clock) if info.clock else ""
    ways = [arrow for arrow in arrows() if arrow.at == step]
    return Stop(step, _lane(info.owner), column, limit=limit, forks=len(ways) > 1)


def _lane(owner: Owner) -> int:
    return list(LANES).index(owner)


def _lane_of_end(end: Step) -> int:
    """An end stands in the lane of whoever brings it about."""
    return _lane(next(STEPS[arrow.at].owner for arrow in arrows() if arrow.to == end))


def _stages(column: dict[Step, int]) -> dict[Stage, tuple[int, int]]:
    found: dict[Stage, tuple[int, int]] = {}
    for step, info in STEPS.items():
        if not info.is_end:
            first, last = found.get(info.stage, (column[step], column[step]))
            found[info.stage] = min(first, column[step]), max(last, column[step])
    return found
