"""The process and the permission table as documents, written from the tables the code itself reads."""

from collections.abc import Iterable

from cli.process_arrows import arrows
from cli.tables import cell
from models.permissions import COLUMNS, PERMISSIONS, Reach, Role, roles_for
from models.process import FIRST_STEP, MOVES, STEPS, Eyes, Move, StepInfo
from models.rules import DeadlineRules
from models.stage import Clock, Stage, Step
from services.seeding import read_data

_WRITTEN = "Written by `{command}` from `{source}`. Do not edit: `tests/test_docs.py` compares."
_CHAINS = {"classification": "认定", "plan": "方案", "close_out": "销号"}
_EYES = {
    "propose": "提出", "confirm": "确认", "approve": "批准", "submit": "报送", "complete": "报告完成", "recheck": "现场复查",
    "review": "复查结论", "close": "销号审核",
}  # fmt: skip
_UNITS = {"WD": "个工作日", "CD": "日", "H": "小时"}
_PROCESS_HEAD = """\
# The process 督办销号流程

{written}

A hazard is in exactly one stage (环节) and, within it, at one step (节点): the one move it waits for. Overdue is computed and is
no stage. Nothing closes or approves by itself. A decision that is not in the table of moves does not exist.
"""
_OTHER_FORMS = """\
Withdrawals and 作废 would hide the rest and are not drawn. The diagram alone: `hazardflow process export --format mermaid`; as BPMN 2.0
with lanes, timers and layout, for any modelling tool: `hazardflow process export --out process.bpmn`.
"""
_CHAIN_RULE = """\
A chain (职责链) is a chain of custody: within one cycle of a hazard, one person holds at most one part of a chain. “单位” means
that the part binds the person's unit too, so two such parts sit in different units. The time limits are factory defaults
（出厂默认，须由镇安委办核对确认）; their basis is in [regulations.md](regulations.md). Where people are in danger 受理 and 核查 run in hours.
"""
_PERMISSION_HEAD = """\
# Permissions 权限表

{written}

Deny by default: – means no. A 全部 everything, J 本单位 own unit's hazards, O 本人或本企业 own; R 隐去 redacted view,
S 再次验证密码 password entered anew, 2 须第二人 a second person takes part. An operation in this table need not have a route yet.
"""


def process_markdown() -> str:
    """docs/process.md: the diagram, the steps, the moves."""
    head = _PROCESS_HEAD.format(written=_WRITTEN.format(command="hazardflow process", source="models/process.py"))
    diagram = "\n".join(["```mermaid", *_diagram(), "```", "", _OTHER_FORMS])
    parts = [head, diagram, "## Steps 节点", "", *_steps(), "", "## Moves 办理事项", "", _CHAIN_RULE, *_moves(), ""]
    return "\n".join(parts)


def process_mermaid() -> str:
    """The diagram alone."""
    return "\n".join([*_diagram(), ""])


def permissions_markdown() -> str:
    """docs/permissions.md: role × operation."""
    written = _WRITTEN.format(command="hazardflow process --permissions", source="models/permissions.py")
    header = ["操作", "Operation", *(f"{role} {role.label}" for role in COLUMNS)]
    rows = [
        [label, f"`{operation}`", *(cell(grants.get(role)) for role in COLUMNS)]
        for operation, (grants, label) in PERMISSIONS.items()
    ]
    return "\n".join([_PERMISSION_HEAD.format(written=written), *_table(header, rows), ""])


def _diagram() -> Iterable[str]:
    yield "stateDiagram-v2"
    yield f"    [*] --> {FIRST_STEP}: 上报"
    for stage in Stage:
        steps = [step for step in Step if STEPS[step].stage == stage]
        steps = [step for step in steps if not STEPS[step].is_end]
        if not steps:
            continue
        yield f'    state "{stage.label}" as STAGE_{stage} {{'
        yield from (f'        state "{STEPS[step].label}" as {step}' for step in steps)
        yield "    }"
    ends = [step for step in Step if STEPS[step].is_end]
    yield from (f'    state "{STEPS[step].label}" as {step}' for step in ends)
    yield from (f"    {arrow.at} --> {arrow.to}: {arrow.label}" for arrow in arrows())
    yield from (f"    {step} --> [*]" for step in ends)


def _steps() -> list[str]:
    rules = DeadlineRules.from_body("", read_data("deadline_rules.json"))
    rows = [
        [f"{info.stage.label}", f"{info.label} `{step}`", names_of(sorted(info.roles)), _limit(rules, info.clock)]
        for step, info in STEPS.items()
    ]
    return _table(["环节", "节点", "待办进入", "时限（出厂默认）"], rows)


def _moves() -> list[str]:
    header = ["节点", "办理事项", "到", "由谁办理", "职责链", "起算时限", "Resource"]
    alike: dict[object, list[Move]] = {}
    for move in MOVES:
        alike.setdefault(
            (move.decision, None if move.is_duty else move.to, tuple(_clock_names(move, STEPS[move.to]))), []
        ).append(move)
    return _table(header, [_move_row(moves) for moves in alike.values()])


def _move_row(moves: list[Move]) -> list[str]:
    """The rows that differ only in the step they start from, as one."""
    move = moves[0]
    entered = STEPS[move.to]
    to = "（不改变节点）" if move.is_duty else entered.label
    clocks = "" if move.is_duty else "、".join(_clock_names(move, entered))
    at = "、".join(STEPS[one.at].label for one in moves)
    return [at, move.decision.label, to, who(move), _eyes(move.eyes), clocks, f"`{move.resource}`"]


def who(move: Move) -> str:
    roles = [
        role
        for role, grant in roles_for(move.operation).items()
        if role in _roles(move) and grant.reach == Reach.JURISDICTION
    ]
    parts = "或".join(part.label for part in sorted(move.part))
    own = f"{parts}的{names_of(roles)}" if roles and parts else names_of(roles)
    others = names_of(role for role in _roles(move) if role not in roles)
    return "；".join(text for text in (own, others) if text)


def _roles(move: Move) -> list[Role]:
    return list(roles_for(move.operation))


def _eyes(eyes: Eyes | None) -> str:
    if eyes is None:
        return ""
    return f"{_CHAINS[eyes.chain]}：{_EYES[eyes.part]}{'（单位）' if eyes.by_unit else ''}"


def _clock_names(move: Move, entered: StepInfo) -> list[str]:
    """A clock shared by the step left and the step entered runs on, and so does rectification through planning."""
    runs_on = entered.clock == STEPS[move.at].clock or (
        entered.clock == Clock.RECTIFICATION and move.at == Step.PLAN_REVIEW
    )
    return [clock.label for clock in (*move.starts, *(() if entered.clock is None or runs_on else (entered.clock,)))]


def _limit(rules: DeadlineRules, clock: Clock | None) -> str:
    return "—" if clock is None else f"{clock.label}：{limit_of(rules, clock)}"


def limit_of(rules: DeadlineRules, clock: Clock) -> str:
    limit = rules.limit(clock).limit
    return f"{limit.number}{_UNITS[limit.unit]}"


def names_of(roles: Iterable[Role]) -> str:
    return "、".join(role.label for role in roles)


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    return [
        "|" + "".join(f" {text} |" if text else " |" for text in row) for row in (header, ["---"] * len(header), *rows)
    ]
