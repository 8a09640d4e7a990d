"""Files from the store: alerts.jsonl as it was decided, and corrections.jsonl beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import and_, select

from alerts.records import Window
from alerts.windows.panes import decode, pane_of
from core import tables
from core.store import Store
from core.times import iso

_FIGURES = ("articles", "stories", "publishers", "decided", "negative", "sentiment_sum")


def alert_lines(store: Store, desk: str) -> Iterator[bytes]:
    """The lines of alerts.jsonl: one JSON object and a newline each, sorted by (decided_at, id, state, severity)."""
    table = tables.alert_lines.c
    order = (table.decided_at, table.id, table.state, table.severity)
    with store.read() as connection:
        for (line,) in connection.execute(select(table.line).where(table.desk == desk).order_by(*order)):
            yield line.encode() + b"\n"


def correction_lines(store: Store, desk: str, pane_ms: int = 60_000) -> Iterator[bytes]:
    """The lines of corrections.jsonl: what came too late, per pane; the pane as decided, and as it would have been."""
    table, panes = tables.corrections.c, tables.panes
    same = and_(panes.c.desk == table.desk, panes.c.series == table.series, panes.c.start == table.start)
    query = (
        select(table.series, table.start, table.state, panes.c.state.label("decided"))
        .select_from(tables.corrections.outerjoin(panes, same))
        .where(table.desk == desk)
        .order_by(table.start, table.series)
    )
    with store.read() as connection:
        for series, start, state, decided in connection.execute(query):
            before, late = decode(decided or b""), decode(state)
            end = start + pane_ms
            line = {
                "series": series,
                "start": iso(start),
                "end": iso(end),
                "late": [observation.article for observation in late],
                "decided": _figures(pane_of(series, start, end, before)),
                "corrected": _figures(pane_of(series, start, end, [*before, *late])),
            }
            yield msgspec.json.encode(line) + b"\n"


def _figures(window: Window) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(window).items() if name in _FIGURES}
