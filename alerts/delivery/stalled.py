"""The notice that the pipeline has stalled, and the one that it has recovered; each is sent once.

The desk reports `pipeline_stalled` by the wall clock (alerts/storage/session.py): no marker has come for
`alerts.stalled_after`. That is no event of the stream, so it is a notice to every channel and no alert of a rule. The
last notice is read from the outbox, so that a restart repeats none.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from alerts.delivery import outbox
from alerts.delivery.content import Content, from_json
from core.tables import desks, stages
from core.tables import outbox as table
from core.times import SECOND, iso

KIND = "pipeline_stalled"
_FRESH_MS = 30 * SECOND
"""Reports of a stage that are older are ignored."""
_LOOKED_AT = 200
"""Newest notices among which the last one of this kind is searched."""


def notify_stalled(connection: Connection, desk: str, channels: Sequence[str], now_ms: int) -> int:
    """Enqueue a notice where the desk has stalled or recovered since the last one. Returns the number of new rows."""
    fresh = connection.execute(
        select(stages.c.status).where(stages.c.stage == "alerts", stages.c.updated_at > now_ms - _FRESH_MS)
    ).scalars()
    statuses = set(fresh)
    stalled, moving = KIND in statuses, "running" in statuses and KIND not in statuses
    if not stalled and not moving:
        return 0
    last = _last(connection, desk)
    if stalled == (last is not None and last.state == "firing"):
        return 0
    at = connection.execute(select(desks.c.watermark).where(desks.c.desk == desk)).scalar() or 0
    if stalled:
        note = (
            f"{KIND}: no time marker has come to desk {desk}, which stands at {iso(at)}. No alert is decided until "
            "ingest and classifier run again."
        )
        what = Content(
            event="notice", desk=desk, kind="outage", outage=KIND, severity="high", onset=iso(at), note=note
        )
    else:
        began = last.onset if last is not None else ""
        note = f"Time moves again: desk {desk} stood at {began} and is at {iso(at)}. What waited is being decided."
        what = Content(
            event="notice", desk=desk, kind="outage", outage=KIND, state="resolved", onset=began, note=note
        )
    return outbox.enqueue(connection, what, channels, now_ms=now_ms, mark=f"{KIND}/{now_ms}")


def _last(connection: Connection, desk: str) -> Content | None:
    """The last notice of this kind."""
    rows = connection.execute(
        select(table.c.payload)
        .where(table.c.desk == desk, table.c.event == "notice")
        .order_by(table.c.created_at.desc())
        .limit(_LOOKED_AT)
    ).scalars()
    return next((notice for notice in map(from_json, rows) if notice.outage == KIND), None)
