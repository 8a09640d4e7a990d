"""Writing what a desk decided, inside the transaction that began by renewing the lease.

Read back after a restart by alerts/storage/restore.py. The store is the truth: a desk whose transaction failed is
thrown away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, update

from alerts.engine.desk import Desk
from alerts.engine.effects import Effects
from alerts.storage import corrections
from alerts.storage.alert_changes import RecordedChange, save_alerts
from alerts.storage.rule_state import save_rule_state
from alerts.windows.panes import pane_row
from core import tables
from core.records import Health
from core.store.bulk import insert_absent_many, insert_many, upsert_many


def save(connection: Connection, name: str, desk: Desk, effects: Effects) -> list[RecordedChange]:
    """Write all of `effects` of the desk called `name`; return the changes of alerts with their evidence packs.

    Raises StoreUnavailable, and IntegrityError where a pane was written before (another process wrote as this desk).
    """
    panes = [pane_row(name, closed.window, closed.observations) for closed in effects.panes]
    insert_many(connection, tables.panes, panes)
    upsert_many(connection, tables.stories, [{"desk": name, **row} for row in effects.stories])
    late = [(entry.id, entry.revision, "late", story) for entry, story in effects.late]
    outcomes = [(one.id, one.revision, one.outcome, one.story) for one in effects.outcomes]
    _save_outcomes(connection, name, [*outcomes, *late])
    upsert_many(connection, tables.findings, _finding_rows(name, desk, effects))
    save_rule_state(connection, name, effects)
    corrections.add(connection, name, desk, effects.late)
    return save_alerts(connection, name, desk, effects)


def save_progress(
    connection: Connection, name: str, desk: Desk, positions: Mapping[int, int], topic_id: str
) -> None:
    """Write how far the desk has come: `positions` (partition -> next offset), markers, watermark, its own state."""
    rows = [
        {
            "desk": name,
            "partition": partition,
            "topic_id": topic_id,
            "next_offset": offset,
            "marker": desk.watermark.newest(partition),
        }
        for partition, offset in sorted(positions.items())
    ]
    upsert_many(connection, tables.positions, rows)
    row = {
        "desk": name,
        "watermark": max(0, desk.closed),
        "rules_version": desk.rules.version,
        "state": msgspec.msgpack.encode(desk.dump()),
    }
    upsert_many(connection, tables.desks, [row])


def save_health(connection: Connection, records: Sequence[Health]) -> None:
    """Write the health records that are not stored yet."""
    insert_absent_many(connection, tables.health, [health.row() for health in records])


def _save_outcomes(connection: Connection, name: str, outcomes: Sequence[tuple[str, str, str, str]]) -> None:
    """Write (article id, revision, outcome, story) into `seen`, whose column is called `fate`."""
    if not outcomes:
        return
    seen = tables.seen
    statement = (
        update(seen)
        .where(
            seen.c.desk == name, seen.c.id == bindparam("b_id"), seen.c.revision == bindparam("b_revision")
        )
        .values(fate=bindparam("b_fate"), story=bindparam("b_story"))
    )
    names = ("b_id", "b_revision", "b_fate", "b_story")
    connection.execute(statement, [dict(zip(names, outcome, strict=True)) for outcome in outcomes])


def _finding_rows(name: str, desk: Desk, effects: Effects) -> list[dict[str, Any]]:
    versions = {runner.rule.id: runner.rule.version for runner in desk.runners}
    return [
        {
            "desk": name,
            "rule": found.rule,
            "rule_version": versions[found.rule],
            "series": found.window.series,
            "at": found.window.end,
            "statistic": found.verdict.statistic,
            "p_value": found.verdict.p_value,
            "observed": found.verdict.observed,
            "expected": found.verdict.expected,
            "low": found.verdict.low,
            "high": found.verdict.high,
            "breach": found.breach,
        }
        for found in effects.findings
    ]
