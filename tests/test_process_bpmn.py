"""The process as BPMN: valid against the standard's own schema, complete against the table, and nothing drawn over anything."""

from importlib.util import find_spec
from itertools import combinations, pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  # it has no stubs

from cli.process_arrows import FROM_ANYWHERE, TAKES_BACK, arrows
from cli.process_bpmn import process_bpmn
from cli.process_docs import process_mermaid
from models.process import MOVES, STEPS, moves_at
from test_cli import hazardflow

NAMES = {
    "b": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "di": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "dd": "http://www.omg.org/spec/DD/20100524/DI",
}
DOCUMENT = etree.fromstring(process_bpmn().encode())


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float


def meet(one: Box, other: Box) -> bool:
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom


def found(path: str) -> list[etree._Element]:
    return DOCUMENT.findall(path, NAMES)


def bounds(of: etree._Element, path: str = "dc:Bounds") -> Box | None:
    place = of.find(path, NAMES)
    if place is None:
        return None
    x, y, wide, high = (float(place.get(name, "")) for name in ("x", "y", "width", "height"))
    return Box(x, y, x + wide, y + high)


def shapes() -> dict[str, Box]:
    """Every shape but those that hold others: pool, lanes, opened sub-processes."""
    holders = {node.get("id") for tag in ("participant", "lane", "subProcess") for node in found(f".//b:{tag}")}
    boxes = {shape.get("bpmnElement", ""): bounds(shape) for shape in found(".//di:BPMNShape")}
    return {key: box for key, box in boxes.items() if box and key not in holders}


def ways() -> dict[str, list[Box]]:
    """Every flow as its stretches."""
    return {
        edge.get("bpmnElement", ""): [
            Box(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
            for a, b in pairwise(
                [(float(point.get("x", "")), float(point.get("y", ""))) for point in edge.findall("dd:waypoint", NAMES)]
            )
        ]
        for edge in found(".//di:BPMNEdge")
    }


def words() -> dict[str, Box]:
    drawn = [*found(".//di:BPMNShape"), *found(".//di:BPMNEdge")]
    boxes = {node.get("bpmnElement", ""): bounds(node, "di:BPMNLabel/dc:Bounds") for node in drawn}
    return {key: box for key, box in boxes.items() if box}


def flows() -> dict[str, tuple[str, str, str]]:
    return {
        flow.get("id", ""): (flow.get("sourceRef", ""), flow.get("targetRef", ""), flow.get("name", ""))
        for flow in found(".//b:sequenceFlow")
    }


def test_the_document_is_valid_against_the_schema_of_the_standard():
    spec = find_spec("SpiffWorkflow")
    assert spec, "the schemas of BPMN 2.0 come with SpiffWorkflow: python -m pip install SpiffWorkflow"
    assert spec.origin
    schemas = Path(spec.origin).parent / "bpmn" / "parser" / "schema"
    schema = etree.XMLSchema(etree.parse(schemas / "BPMN20.xsd"))

    schema.validate(DOCUMENT)

    assert [str(fault) for fault in schema.error_log] == []


def test_every_name_a_reference_gives_is_defined_exactly_once():
    defined = [node.get("id") for node in DOCUMENT.iter() if node.get("id")]
    named = [
        node.get(name)
        for node in DOCUMENT.iter()
        for name in ("sourceRef", "targetRef", "attachedToRef", "bpmnElement", "processRef", "escalationRef")
        if node.get(name)
    ]
    named += [node.text for tag in ("incoming", "outgoing", "flowNodeRef") for node in found(f".//b:{tag}")]

    assert len(defined) == len(set(defined))
    assert [name for name in named if name not in defined] == []


def test_every_step_is_a_task_or_an_end_in_the_lane_of_its_owner():
    tasks = {node.get("id") for node in found(".//b:userTask")}
    ends = {node.get("id") for node in found(".//b:endEvent")}
    lanes = {ref.text: lane.get("id") for lane in found(".//b:lane") for ref in lane.findall("b:flowNodeRef", NAMES)}

    assert tasks == {step for step, info in STEPS.items() if not info.is_end}
    assert {step for step, info in STEPS.items() if info.is_end} <= ends
    assert {step: lanes[step] for step in tasks} == {step: f"LANE_{STEPS[step].owner.upper()}" for step in tasks}


def test_every_move_that_leads_on_is_a_flow_with_its_decision_or_is_told_in_words():
    drawn = {
        (source.removeprefix("FORK_"), target, part)
        for source, target, name in flows().values()
        for part in name.split("、")
    }
    again = {target: name for source, target, name in flows().values() if source.startswith("AGAIN_")}

    missing = [
        (move.at, move.decision)
        for move in MOVES
        if not move.is_duty and move.decision not in FROM_ANYWHERE | TAKES_BACK
        if (move.at, move.to, move.decision.label) not in drawn
        and not (STEPS[move.at].is_end and move.to in again and move.decision.label in str(flows()))
    ]
    assert missing == []
    assert {move.to for move in MOVES if move.decision in FROM_ANYWHERE} == {
        node.get("id") for node in found(".//b:subProcess/b:endEvent")
    }


def test_a_task_tells_every_decision_that_can_be_taken_at_its_step():
    told = {task.get("id"): task.findtext("b:documentation", "", NAMES) for task in found(".//b:userTask")}

    assert [
        (step, move.decision)
        for step in told
        for move in moves_at(step)  # pyright: ignore[reportArgumentType]
        if move.decision not in TAKES_BACK
        if f"：{move.decision.label} →" not in told[step] and f"：{move.decision.label}（" not in told[step]
    ] == []


def test_a_step_with_a_clock_has_a_timer_that_interrupts_nothing_and_rises_to_an_escalation():
    timers = {node.get("attachedToRef"): node for node in found(".//b:boundaryEvent")}

    assert set(timers) == {step for step, info in STEPS.items() if info.clock}
    assert {node.get("cancelActivity") for node in timers.values()} == {"false"}
    assert all(node.find("b:timerEventDefinition/b:timeDuration", NAMES) is not None for node in timers.values())
    rising = {
        node.get("id") for node in found(".//b:endEvent") if node.find("b:escalationEventDefinition", NAMES) is not None
    }
    assert {target for source, target, _ in flows().values() if source.startswith("TIMER_")} == rising


def test_a_step_with_several_ways_on_has_a_gateway_and_no_other_step_has():
    ways_on = {step: sum(arrow.at == step for arrow in arrows()) for step, info in STEPS.items() if not info.is_end}

    assert {node.get("id") for node in found(".//b:exclusiveGateway")} == {
        f"FORK_{step}" for step, number in ways_on.items() if number > 1
    }


def test_mermaid_and_bpmn_show_the_same_arrows():
    shown = [line.strip() for line in process_mermaid().splitlines() if " --> " in line and "[*]" not in line]

    assert shown == [f"{arrow.at} --> {arrow.to}: {arrow.label}" for arrow in arrows()]
    assert sum(bool(name) for _, _, name in flows().values()) == len(
        {(arrow.to, arrow.label) if STEPS[arrow.at].is_end else arrow for arrow in arrows()}
    )


def test_everything_defined_is_drawn_once():
    drawn = [node.get("bpmnElement") for node in [*found(".//di:BPMNShape"), *found(".//di:BPMNEdge")]]
    things = ("userTask", "startEvent", "endEvent", "boundaryEvent", "exclusiveGateway", "subProcess", "sequenceFlow",
              "lane", "participant", "textAnnotation")  # fmt: skip

    assert sorted(drawn) == sorted(node.get("id") for tag in things for node in found(f".//b:{tag}"))


def test_no_shape_lies_on_another_but_a_timer_on_its_own_task():
    pairs = combinations(shapes().items(), 2)

    assert [
        (one, other)
        for (one, box), (other, place) in pairs
        if meet(box, place) and f"TIMER_{one}" != other and f"TIMER_{other}" != one
    ] == []


def test_every_shape_lies_in_the_lane_that_lists_it():
    boxes, lanes = shapes(), {shape.get("bpmnElement"): bounds(shape) for shape in found(".//di:BPMNShape")}

    outside = []
    for lane in found(".//b:lane"):
        around = lanes[lane.get("id")]
        assert around
        for ref in lane.findall("b:flowNodeRef", NAMES):
            box = boxes.get(str(ref.text))
            if box and not (
                around.left <= box.left
                and box.right <= around.right
                and around.top <= box.top
                and box.bottom <= around.bottom
            ):
                outside.append(ref.text)
    assert outside == []


def test_no_flow_runs_through_a_shape_that_is_not_its_own():
    ends = {key: {source, target} for key, (source, target, _) in flows().items()}

    assert [
        (key, shape)
        for key, stretches in ways().items()
        for shape, box in shapes().items()
        if shape not in ends[key] and any(meet(_thick(stretch), box) for stretch in stretches)
    ] == []


def test_flows_run_along_one_line_only_where_they_leave_or_arrive_together():
    told, drawn = flows(), ways()

    assert [
        (one, other)
        for one, other in combinations(drawn, 2)
        if told[one][0] != told[other][0] and told[one][1:] != told[other][1:]
        if any(_along(a, b) for a in drawn[one] for b in drawn[other])
    ] == []


def test_no_word_lies_on_a_shape_a_line_or_other_words():
    texts, told = words(), flows()

    on_shapes = [(key, shape) for key, text in texts.items() for shape, box in shapes().items() if meet(text, box)]
    on_lines = [
        (key, way) for key, text in texts.items() for way, stretches in ways().items()
        if key != way and any(meet(text, _thick(stretch)) for stretch in stretches)
    ]  # fmt: skip
    on_words = [
        (one, other) for one, other in combinations(texts, 2)
        if meet(texts[one], texts[other]) and told.get(one, (0, one))[1:] != told.get(other, (0, other))[1:]
    ]  # fmt: skip
    assert (on_shapes, on_lines, on_words) == ([], [], [])


def test_it_is_the_same_on_every_run():
    assert process_bpmn() == process_bpmn()


@pytest.mark.parametrize("form", ["bpmn", "mermaid"])
def test_the_command_writes_the_diagram_where_it_is_told(form: str, tmp_path: Path):
    target = tmp_path / "process"

    done = hazardflow("process", "export", "--format", form, "--out", str(target), data_dir=tmp_path)

    assert (done.returncode, done.stdout) == (0, "")
    assert target.read_text(encoding="utf-8") == {"bpmn": process_bpmn, "mermaid": process_mermaid}[form]()


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path):
    done = hazardflow("process", "export", "--out", str(tmp_path / "no" / "x.bpmn"), data_dir=tmp_path)

    assert done.returncode == 1
    assert "不能访问文件" in done.stderr
    assert "Traceback" not in done.stderr


def _thick(stretch: Box) -> Box:
    """A line as something that can meet a box, without its end points."""
    return Box(stretch.left - 0.1, stretch.top - 0.1, stretch.right + 0.1, stretch.bottom + 0.1)


def _along(one: Box, other: Box) -> bool:
    """Two stretches on one line share more than a point."""
    upright = one.left == one.right == other.left == other.right
    level = one.top == one.bottom == other.top == other.bottom
    shared_height = min(one.bottom, other.bottom) - max(one.top, other.top)
    shared_width = min(one.right, other.right) - max(one.left, other.left)
    return (upright and shared_height > 0) or (level and shared_width > 0)
