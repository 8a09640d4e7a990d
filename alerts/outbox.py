"""The outbox: what shall be sent, written in the transaction that decided it.

A row's id says what it tells (alert, state, severity, which repetition), not when: enqueuing it twice
changes nothing, and a receiver that gets it twice can drop the double. Nothing here is ever deleted; a row
ends as sent, refused, expired or withheld (a replay, a silence ... with the reason in `error`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from core.ids import digest
from core.store import insert_absent
from core.tables import outbox


def notification_id(desk: str, alert_id: str, event: str, mark: str) -> str:
    """The stable id of one notification: the webhook-id and the Message-ID of every try.

    `mark` tells the notifications of one alert and event apart: the severity, or the repetition's number.
    """
    return "msg_" + digest("notification", desk, alert_id, event, mark, length=40)


def enqueue(
    connection: Connection,
    *,
    desk: str,
    alert_id: str,
    event: str,
    payload: dict[str, Any],
    channels: Sequence[str],
    now_ms: int,
    mark: str = "",
    not_before: int = 0,
    withheld: str = "",
) -> int:
    """Write one notification for each channel, in the caller's transaction; returns how many rows were new.

    `withheld`: why it is not to be sent (a replay, a silence, inhibition); the row is kept, and can be
    replayed.
    """
    rows = [
        {
            "desk": desk,
            "id": notification_id(desk, alert_id, event, mark or str(payload.get("severity", ""))),
            "channel": channel,
            "alert_id": alert_id,
            "event": event,
            "payload": msgspec.json.encode(payload, order="deterministic").decode(),
            "status": "withheld" if withheld else "pending",
            "attempts": 0,
            "not_before": not_before or now_ms,
            "created_at": now_ms,
            "sent_at": None,
            "error": withheld,
        }
        for channel in channels
    ]
    return insert_absent(connection, outbox, rows)
