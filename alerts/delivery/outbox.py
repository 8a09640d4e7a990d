"""The outbox: notifications, written in the transaction of the decision.

A row's id is made of its subject (alert, event, severity or repetition), not of a time: enqueuing it twice changes
nothing, and a receiver that gets it twice can drop the duplicate. No row is ever deleted; a row ends as sent, refused,
expired or withheld (a replay, a silence ...; `error` has the reason).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from alerts.delivery import content
from alerts.handling import audit
from alerts.handling.suppression import Suppression, withheld_text
from core.errors import ConfigError
from core.ids import digest
from core.store import insert_absent
from core.tables import outbox


def notification_id(desk: str, alert_id: str, event: str, mark: str) -> str:
    """Return the stable id of one notification: the webhook-id and the Message-ID of every attempt.

    `mark` distinguishes the notifications of one alert and event: the severity, or the repetition's number.
    """
    return "msg_" + digest("notification", desk, alert_id, event, mark, length=40)


def enqueue(
    connection: Connection,
    what: content.Content,
    channels: Sequence[str],
    *,
    now_ms: int,
    mark: str = "",
    not_before: int = 0,
    withheld: Suppression | None = None,
) -> int:
    """Write one notification for each channel, in the caller's transaction. Returns how many rows were new.

    `mark`: see `notification_id`, by default the severity; `not_before`: when it is due, by default `now_ms`;
    `withheld`: why it is not to be sent (a replay, a silence, inhibition): the row is stored and can be replayed.
    """
    name = notification_id(what.desk, what.alert, what.event, mark or what.severity)
    rows = [
        {
            "desk": what.desk,
            "id": name,
            "channel": channel,
            "alert_id": what.alert,
            "event": what.event,
            "payload": content.to_json(what),
            "status": "withheld" if withheld else "pending",
            "attempts": 0,
            "not_before": not_before or now_ms,
            "created_at": now_ms,
            "sent_at": None,
            "error": withheld_text(withheld) if withheld else "",
            "reason": withheld[0] if withheld else "",
        }
        for channel in channels
    ]
    return insert_absent(connection, outbox, rows)


def replay(connection: Connection, desk: str, which: str, channel: str | None, now_ms: int) -> int:
    """Make rows that are not pending pending again, with their old ids. Returns how many.

    `which`: a notification's id (or its beginning), an alert's id, or a status: refused | expired | withheld.
    Raises ConfigError where nothing matches.
    """
    chosen = [outbox.c.desk == desk, outbox.c.status != "pending"]
    if which in ("refused", "expired", "withheld"):
        chosen.append(outbox.c.status == which)
    elif len(which) >= 8:
        chosen.append(outbox.c.id.startswith(which, autoescape=True) | (outbox.c.alert_id == which))
    else:
        raise ConfigError(f"{which}: expected refused, expired, withheld, or at least 8 characters of an id")
    if channel:
        chosen.append(outbox.c.channel == channel)
    audit.lock(connection)  # before any row, as reminders do: else they could deadlock
    found = connection.execute(select(outbox.c.id, outbox.c.channel).where(*chosen)).all()
    if not found:
        raise ConfigError(f"no notification to send again matches {which!r} (newsquake deliveries list)")
    done = connection.execute(
        update(outbox)
        .where(*chosen)
        .values(status="pending", attempts=0, not_before=now_ms, error="", reason="")
    )
    return done.rowcount
