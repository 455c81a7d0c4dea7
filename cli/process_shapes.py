"""The layout as BPMN DI: where every shape stands and which way every flow goes."""

from xml.etree.ElementTree import Element, SubElement

from cli.process_chart import LANES, Chart
from cli.process_grid import EVENT, MIDDLE
from cli.process_layout import Box, Drawing
from cli.process_plan import TITLES, Point


def add_diagram(root: Element, chart: Chart, drawing: Drawing) -> None:
    diagram = SubElement(root, "bpmndi:BPMNDiagram", id="DIAGRAM", name="重大事故隐患督办销号")
    plane = SubElement(diagram, "bpmndi:BPMNPlane", id="PLANE", bpmnElement="TOWNSHIP")
    _add_shape(plane, "POOL", drawing.pool, isHorizontal="true")
    for owner, box in zip(LANES, drawing.lanes, strict=True):
        _add_shape(plane, f"LANE_{owner.upper()}", box, isHorizontal="true")
    for key, box in drawing.boxes.items():
        marks = {"isMarkerVisible": "true"} if key.startswith("FORK_") else {}
        marks |= {"isExpanded": "true"} if key.startswith("ANYWHERE_") else {}
        _add_shape(plane, key, box, drawing.words.get(key), **marks)
    for key, way in drawing.ways.items():
        _add_edge(plane, key, way, drawing.words.get(key))
    for move in chart.anywhere:
        _add_inside(plane, drawing.boxes[f"ANYWHERE_{move.to}"], move.decision, move.to)
    for key, box in _titles(chart, drawing).items():
        _add_shape(plane, key, box)


def _add_inside(plane: Element, panel: Box, start: str, end: str) -> None:
    """The shapes of an opened sub-process."""
    y = panel.y + MIDDLE + 2
    first, last = Box(panel.x + 50, y, EVENT, EVENT), Box(panel.right - 50 - EVENT, y, EVENT, EVENT)
    for key, box in ((start, first), (end, last)):
        _add_shape(plane, key, box, Box(box.x - 25, box.bottom + 4, EVENT + 50, 14))
    middle = y + EVENT // 2
    _add_edge(plane, f"FLOW_{end}", [(first.right, middle), (last.x, middle)], None)


def _titles(chart: Chart, drawing: Drawing) -> dict[str, Box]:
    """The names of the stages above the pool, one below another where stages share columns; the note below it."""
    found: dict[str, Box] = {}
    for stage, (first, last) in chart.stages.items():
        left, right = drawing.columns[first][0], drawing.columns[last][1]
        taken = sum(box.x < right and left < box.right for box in found.values())
        found[f"STAGE_{stage}"] = Box(left, TITLES - 28 - 30 * taken, right - left - 4, 24)
    return found | {"NOTE": Box(drawing.pool.x, drawing.pool.bottom + 20, 900, 40)}


def _add_shape(plane: Element, key: str, box: Box, words: Box | None = None, **marks: str) -> None:
    shape = SubElement(plane, "bpmndi:BPMNShape", {"id": f"SHAPE_{key}", "bpmnElement": key} | marks)
    _add_bounds(shape, box)
    if words:
        _add_bounds(SubElement(shape, "bpmndi:BPMNLabel"), words)


def _add_edge(plane: Element, key: str, way: list[Point], words: Box | None) -> None:
    edge = SubElement(plane, "bpmndi:BPMNEdge", id=f"EDGE_{key}", bpmnElement=key)
    for x, y in way:
        SubElement(edge, "di:waypoint", x=str(x), y=str(y))
    if words and words.width:
        _add_bounds(SubElement(edge, "bpmndi:BPMNLabel"), words)


def _add_bounds(parent: Element, box: Box) -> None:
    SubElement(parent, "dc:Bounds", {
        "x": str(box.x), "y": str(box.y), "width": str(box.width), "height": str(box.height),
    })  # fmt: skip
