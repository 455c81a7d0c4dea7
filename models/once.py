"""Insert that happens at most once, whatever races or repeats it: the primary key or unique index decides.

Written as text: both databases speak it alike, and SQLAlchemy compiles its own ON CONFLICT anew at every call.
"""

from sqlalchemy import Table, TextClause, bindparam, text


def insert_once(table: Table, returning: str) -> TextClause:
    """An insert of all columns that yields one row when it was new and none when it was there."""
    return _typed(f"{_insert(table)} ON CONFLICT DO NOTHING RETURNING {returning}", table)


def insert_or(table: Table, key: tuple[str, ...], then: str, returning: str) -> TextClause:
    """An insert of all columns; on an existing key, `then` instead. Yields a row when one of the two happened."""
    return _typed(f"{_insert(table)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {then} RETURNING {returning}", table)


def _insert(table: Table) -> str:
    names = [column.name for column in table.columns]
    values = ", ".join(f":{name}" for name in names)
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({values})"  # noqa: S608  # names of our own tables


def _typed(statement: str, table: Table) -> TextClause:
    return text(statement).bindparams(*(bindparam(column.name, type_=column.type) for column in table.columns))
