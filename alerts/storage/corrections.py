"""Articles that came later than the allowed lateness: kept beside their panes, which never change.

Detectors, fits, evidence and charts read panes as decided only. Kept for articles up to 8 days back; older ones are
stored and counted as late, no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select, tuple_

from alerts.engine.desk import Desk
from alerts.stories.entry import Entry
from alerts.windows.observations import Observation
from alerts.windows.panes import decode, encode
from core.store.bulk import batched, upsert_many
from core.tables import corrections
from core.times import DAY

BACK_MS = 8 * DAY


def add(connection: Connection, name: str, desk: Desk, late: Sequence[tuple[Entry, str]]) -> int:
    """Add late articles, each with the story it may join, to the corrections of their panes; return how many changed.

    `name`: the desk's. Raises StoreUnavailable.
    """
    coming: dict[tuple[str, int], list[Observation]] = {}
    for entry, story in late:
        if desk.closed - entry.at > BACK_MS:
            continue
        start = entry.at - entry.at % desk.pane_ms
        for series, observation in entry.observations(story or f"late:{entry.id}", 0):
            coming.setdefault((series, start), []).append(observation)
    if not coming:
        return 0
    known: dict[tuple[str, int], bytes] = {}
    table = corrections.c
    for chunk in batched(list(coming), 400):
        rows = connection.execute(
            select(table.series, table.start, table.state).where(
                table.desk == name, tuple_(table.series, table.start).in_(chunk)
            )
        )
        known |= {(row.series, row.start): row.state for row in rows}
    rows_new: list[dict[str, Any]] = []
    for (series, start), observations in coming.items():
        whole = sorted([*decode(known.get((series, start), b"")), *observations])
        rows_new.append(
            {
                "desk": name,
                "series": series,
                "start": start,
                "articles": len(whole),
                "state": encode(whole),
            }
        )
    upsert_many(connection, corrections, rows_new)
    return len(rows_new)
