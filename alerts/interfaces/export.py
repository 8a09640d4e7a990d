"""alerts.jsonl from the store, as it was decided."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from core import tables
from core.store import Store


def alert_lines(store: Store, desk: str) -> Iterator[bytes]:
    """Yield the lines of alerts.jsonl: one JSON object and a newline each, by (decided_at, id, state, severity).

    Raises StoreUnavailable.
    """
    table = tables.alert_lines.c
    order = (table.decided_at, table.id, table.state, table.severity)
    with store.read() as connection:
        for (line,) in connection.execute(select(table.line).where(table.desk == desk).order_by(*order)):
            yield line.encode() + b"\n"
