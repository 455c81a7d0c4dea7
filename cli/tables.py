"""Tables for the terminal."""

from rich.table import Table

from models.permissions import COLUMNS, PERMISSIONS, Grant


def permission_table() -> Table:
    """The permission table as the code reads it."""
    table = Table(title="权限表：A 全部 · J 本单位 · O 本人或本企业 · R 隐去 · S 再次验证密码 · 2 须第二人")
    table.add_column("操作")
    for role in COLUMNS:
        table.add_column(f"{role}\n{role.label}", justify="center")
    for grants, label in PERMISSIONS.values():
        table.add_row(label, *(cell(grants.get(role)) for role in COLUMNS))
    return table


def cell(grant: Grant | None) -> str:
    """One cell in the letters of the table: reach, R redacted, 2 second person, S password anew; – for no."""
    if grant is None:
        return "–"
    return grant.reach + "R" * grant.redacted + "2" * grant.second_person + "S" * grant.step_up
