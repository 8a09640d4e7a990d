"""Idempotent inserts of rows, a few hundred to a statement, in SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

_BATCH = 500
"""Rows a statement: SQLite binds at most 32,766 values, our widest table has 17 columns."""


def insert_absent(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows whose primary key does not exist yet; returns how many were inserted."""
    counting = {"preserve_rowcount": True}  # without it SQLAlchemy returns no count for an INSERT
    return sum(
        connection.execute(
            _insert(connection, table).values(chunk).on_conflict_do_nothing(), execution_options=counting
        ).rowcount
        for chunk in _chunks(table, rows)
    )


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows, overwriting those whose primary key exists. All rows have the same columns."""
    keys = [column.name for column in table.primary_key]
    for chunk in _chunks(table, rows):
        statement = _insert(connection, table).values(chunk)
        changed = {name: statement.excluded[name] for name in chunk[0] if name not in keys}
        if changed:
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))
        else:
            connection.execute(statement.on_conflict_do_nothing())


def _insert(connection: Connection, table: Table) -> Any:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def _chunks(table: Table, rows: Sequence[Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), _BATCH):
        yield [dict(row) for row in rows[start : start + _BATCH]]
