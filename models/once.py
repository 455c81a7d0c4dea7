"""Insert that happens at most once, whatever races or repeats it: the primary key or unique index decides."""

from collections.abc import Mapping

from sqlalchemy import Executable, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite


def insert_once(table: Table, returning: str) -> Mapping[str, Executable]:
    """By dialect: an insert of all columns that yields one row when it was new and none when it was there."""
    values = {column.name: bindparam(column.name) for column in table.columns}
    answer = table.c[returning]
    return {
        "sqlite": sqlite.insert(table).values(values).on_conflict_do_nothing().returning(answer),
        "postgresql": postgresql.insert(table).values(values).on_conflict_do_nothing().returning(answer),
    }
