"""The process as BPMN 2.0: one pool, a lane for each owner, a user task for each step, with layout.

Duties and withdrawals are told in the documentation of each task. Not executable: the service itself decides.
"""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cli.process_arrows import TAKES_BACK
from cli.process_chart import LANES, Chart, factory_rules, process_chart
from cli.process_docs import limit_of, names_of, who
from cli.process_layout import Drawing, drawn
from cli.process_shapes import add_diagram
from models.process import MOVES, PROCESS_VERSION, STEPS, Move, StepInfo, moves_at
from models.stage import Clock, Step

NAMESPACES = {
    "xmlns": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "xmlns:bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "xmlns:dc": "http://www.omg.org/spec/DD/20100524/DC",
    "xmlns:di": "http://www.omg.org/spec/DD/20100524/DI",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
_URGENT = {Clock.TRIAGE: Clock.URGENT_TRIAGE, Clock.VERIFICATION: Clock.URGENT_VERIFICATION}
_DURATIONS = {"H": "PT{}H", "CD": "P{}D"}
_WITHDRAWAL = "撤回：经办人在他人办理之前可撤回本人所办事项，隐患回到原节点（不画线，见各节点说明）。时限为出厂默认，须由镇安委办核对确认。"


def process_bpmn() -> str:
    """The whole document. Written from the table of moves, the same on every run."""
    chart = process_chart()
    drawing = drawn(chart.stops, chart.links)
    root = Element("definitions", {**NAMESPACES, "id": "HAZARDFLOW", "name": "重大事故隐患督办销号",
                                   "targetNamespace": "urn:hazardflow:process", "exporter": "hazardflow",
                                   "exporterVersion": str(PROCESS_VERSION)})  # fmt: skip
    SubElement(root, "escalation", id="ESCALATION", name="督办升级", escalationCode="督办升级")
    collaboration = SubElement(root, "collaboration", id="TOWNSHIP")
    SubElement(collaboration, "participant", id="POOL", name="重大事故隐患督办销号", processRef="PROCESS")
    process = SubElement(
        root, "process", id="PROCESS", name="重大事故隐患督办销号", isExecutable="false", processType="Private"
    )
    _add_lanes(process, chart)
    _add_events(process, chart)
    for step in chart.tasks:
        _add_task(process, chart, step)
    _add_flows(process, chart, drawing)
    _add_titles(process, chart)
    add_diagram(root, chart, drawing)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _add_lanes(process: Element, chart: Chart) -> None:
    lanes = SubElement(process, "laneSet", id="LANES")
    for number, (owner, name) in enumerate(LANES.items()):
        lane = SubElement(lanes, "lane", id=f"LANE_{owner.upper()}", name=name)
        for stop in chart.stops:
            if stop.lane == number:
                hung = [f"FORK_{stop.key}"] * stop.forks
                hung += [f"TIMER_{stop.key}", f"LATE_{stop.key}"] if stop.limit else []
                for key in (stop.key, *hung):
                    SubElement(lane, "flowNodeRef").text = key


def _add_events(process: Element, chart: Chart) -> None:
    captions = {stop.key: stop.caption for stop in chart.stops}
    for key in chart.starts:
        _join(SubElement(process, "startEvent", id=key, name=captions[key]), chart, key)
    for step in chart.ends:
        _join(SubElement(process, "endEvent", id=step, name=STEPS[step].label), chart, step)
    for move in chart.anywhere:
        _add_panel(process, move)


def _add_panel(process: Element, move: Move) -> None:
    """What ends a hazard wherever it stands: an event sub-process, which interrupts whatever waits."""
    label, end = move.decision.label, move.to
    panel = SubElement(process, "subProcess", id=f"ANYWHERE_{end}", name=f"任一节点：{label}", triggeredByEvent="true")
    start = SubElement(panel, "startEvent", id=f"{move.decision}", name=label, isInterrupting="true")
    SubElement(start, "outgoing").text = f"FLOW_{end}"
    trigger = SubElement(start, "conditionalEventDefinition", id=f"WHEN_{end}")
    SubElement(trigger, "condition", id=f"CONDITION_{end}").text = f"{label}（{who(move)}）"
    finish = SubElement(panel, "endEvent", id=end, name=STEPS[end].label)
    SubElement(finish, "incoming").text = f"FLOW_{end}"
    SubElement(panel, "sequenceFlow", id=f"FLOW_{end}", sourceRef=move.decision, targetRef=end)


def _add_task(process: Element, chart: Chart, step: Step) -> None:
    stop = next(stop for stop in chart.stops if stop.key == step)
    task = SubElement(process, "userTask", id=step, name=STEPS[step].label)
    SubElement(task, "documentation").text = "\n".join(_told(step, STEPS[step]))
    _join(task, chart, step, out=f"TO_FORK_{step}" if stop.forks else "")
    if stop.forks:
        fork = SubElement(process, "exclusiveGateway", id=f"FORK_{step}", gatewayDirection="Diverging")
        SubElement(fork, "incoming").text = f"TO_FORK_{step}"
        for link in chart.links:
            if link.source == step:
                SubElement(fork, "outgoing").text = link.key
    if clock := STEPS[step].clock:
        _add_timer(process, step, clock, stop.limit)


def _add_timer(process: Element, step: Step, clock: Clock, limit: str) -> None:
    """The clock of a step interrupts nothing: lateness climbs the ladder while the step still waits."""
    timer = SubElement(
        process, "boundaryEvent", id=f"TIMER_{step}", name=limit, attachedToRef=step, cancelActivity="false"
    )
    SubElement(timer, "outgoing").text = f"TO_LATE_{step}"
    definition = SubElement(timer, "timerEventDefinition", id=f"LIMIT_{step}")
    known = factory_rules().limit(clock).limit
    duration = SubElement(definition, "timeDuration", id=f"DURATION_{step}")
    if known.unit in _DURATIONS:
        duration.set("xsi:type", "tFormalExpression")
        duration.text = _DURATIONS[known.unit].format(known.number)
    else:
        duration.text = limit  # working days: only the calendar of the place knows how long that is
    late = SubElement(process, "endEvent", id=f"LATE_{step}", name="督办升级")
    SubElement(late, "incoming").text = f"TO_LATE_{step}"
    SubElement(late, "escalationEventDefinition", id=f"RISES_{step}", escalationRef="ESCALATION")


def _add_flows(process: Element, chart: Chart, drawing: Drawing) -> None:
    forks = {stop.key for stop in chart.stops if stop.forks}
    for link in chart.links:
        source = f"FORK_{link.source}" if link.source in forks else link.source
        flow = SubElement(process, "sequenceFlow", id=link.key, sourceRef=source, targetRef=link.target)
        if link.label:
            flow.set("name", link.label)
    for key in drawing.ways:
        for hung in ("FORK", "LATE"):
            if key.startswith(f"TO_{hung}_"):
                step = key.removeprefix(f"TO_{hung}_")
                source = step if hung == "FORK" else f"TIMER_{step}"
                SubElement(process, "sequenceFlow", id=key, sourceRef=source, targetRef=f"{hung}_{step}")


def _add_titles(process: Element, chart: Chart) -> None:
    for stage in chart.stages:
        title = SubElement(process, "textAnnotation", id=f"STAGE_{stage}")
        SubElement(title, "text").text = f"环节：{stage.label}"
    SubElement(SubElement(process, "textAnnotation", id="NOTE"), "text").text = _WITHDRAWAL


def _join(node: Element, chart: Chart, key: str, out: str = "") -> None:
    for link in chart.links:
        if link.target == key:
            SubElement(node, "incoming").text = link.key
    for flow in [out] if out else [link.key for link in chart.links if link.source == key]:
        SubElement(node, "outgoing").text = flow


def _told(step: Step, info: StepInfo) -> Iterable[str]:
    """What a task's documentation says: whose inbox, its clock, every decision with who may take it."""
    yield f"环节：{info.stage.label}。待办进入：{names_of(sorted(info.roles))}。"
    if clock := info.clock:
        urgent = _URGENT.get(clock)
        fast = f"；人员正受威胁时{limit_of(factory_rules(), urgent)}" if urgent else ""
        yield f"时限：{clock.label}{limit_of(factory_rules(), clock)}{fast}。"
    for move in moves_at(step):
        if not move.is_duty and move.decision not in TAKES_BACK:
            yield f"办理：{move.decision.label} → {STEPS[move.to].label}（{who(move)}）"
    yield from (f"不改变节点：{move.decision.label}（{who(move)}）" for move in moves_at(step) if move.is_duty)
    yield from (f"撤回到：{STEPS[move.to].label}" for move in MOVES if move.at == step and move.decision in TAKES_BACK)
