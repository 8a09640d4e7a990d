"""The rate limit of a channel: the most severe messages first; the rest is sent as one digest, and none is lost.

There is at most one digest each quarter of an hour; the rows that it replaces end as withheld,
`digest: in msg_…`, and can be sent again one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select, tuple_, update

from alerts.delivery import content, outbox
from alerts.delivery.content import Content
from alerts.handling.suppression import SuppressionReason, withheld_text
from alerts.records import SEVERITIES
from core.ids import digest
from core.tables import outbox as table
from core.times import HOUR, MINUTE

BETWEEN_MS = 15 * MINUTE
MOST_LISTED = 100
"""Notifications that a digest lists; it gives the number of all."""
_UNLIMITED = ("digest", "notice", "test")


def remaining(connection: Connection, desk: str, channel: str, most: int, now_ms: int) -> int:
    """Return how many more messages the channel may send within the hour before `now_ms` (at least 0)."""
    sent = connection.execute(
        select(func.count())
        .select_from(table)
        .where(
            table.c.desk == desk, table.c.channel == channel, table.c.status == "sent",
            table.c.sent_at > now_ms - HOUR, table.c.event.not_in(_UNLIMITED),
        )
    ).scalar_one()  # fmt: skip
    return max(0, most - int(sent))


def within(
    connection: Connection, desk: str, channel: str, rows: Sequence[Row[Any]], most: int, now_ms: int
) -> list[Row[Any]]:
    """Return those of the due `rows` that the channel may send now; empty where `rows` is.

    First all digests, notices and tests, which are not limited; then of the others the most severe, then the oldest,
    as many as `remaining` allows. `most`: messages per hour.
    """
    if not rows:
        return []
    free = [row for row in rows if row.event in _UNLIMITED]
    rest = sorted((row for row in rows if row.event not in _UNLIMITED), key=_urgency)
    left = remaining(connection, desk, channel, most, now_ms)
    return free + (rest if len(rest) <= left else rest[:left])


def fold(
    connection: Connection,
    desk: str,
    channel: str,
    most: int,
    now_ms: int,
    busy: Collection[tuple[str, str]] = (),
) -> int:
    """Replace the rows above the limit by a digest, if one is due. Returns how many rows it replaces.

    `most`: messages per hour; `busy`: (id, channel) of rows in flight, which are sent by themselves.
    """
    rows = connection.execute(
        select(table).where(
            table.c.desk == desk, table.c.channel == channel, table.c.status == "pending",
            table.c.not_before <= now_ms, table.c.event.not_in(_UNLIMITED),
        )
    ).all()  # fmt: skip
    left = max(
        0, remaining(connection, desk, channel, most, now_ms) - sum(name == channel for _, name in busy)
    )
    over = sorted((row for row in rows if (row.id, row.channel) not in busy), key=_urgency)[left:]
    if not over:
        return 0
    last = connection.execute(
        select(func.max(table.c.created_at)).where(
            table.c.desk == desk, table.c.channel == channel, table.c.event == "digest"
        )
    ).scalar()
    if last is not None and now_ms - last < BETWEEN_MS:
        return 0
    listed = [_digest_entry(row) for row in sorted(over, key=_urgency)]
    name = digest(*sorted(row.id for row in over), length=16)
    worst = max((content.from_json(row.payload).severity for row in over), key=SEVERITIES.index)
    note = f"{len(listed)} notifications in one: more than {most} within an hour."
    what = Content(
        event="digest",
        desk=desk,
        severity=worst,
        note=note,
        folded=listed[:MOST_LISTED],
        folded_of=len(listed),
    )
    outbox.enqueue(connection, what, [channel], now_ms=now_ms, mark=f"{channel}/{name}")
    digest_id = outbox.notification_id(desk, "", "digest", f"{channel}/{name}")
    reason = (SuppressionReason.DIGEST, f"in {digest_id}")
    for start in range(0, len(over), 400):
        keys = [(row.id, row.channel) for row in over[start : start + 400]]
        connection.execute(
            update(table)
            .where(table.c.desk == desk, tuple_(table.c.id, table.c.channel).in_(keys))
            .values(status="withheld", error=withheld_text(reason), reason=reason[0])
        )
    return len(over)


def _urgency(row: Row[Any]) -> tuple[int, int, str]:
    return (-SEVERITIES.index(content.from_json(row.payload).severity), row.created_at, row.id)


def _digest_entry(row: Row[Any]) -> dict[str, str]:
    one = content.from_json(row.payload)
    return {
        "event": one.event,
        "severity": one.severity,
        "series": one.series,
        "sentence": one.sentence.get("en", "") or ". ".join(part for part in (one.series, one.note) if part),
        "alert": one.alert,
    }
