"""The condition of each channel: the table `channels`."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from core.store import upsert
from core.tables import channels


@dataclass(frozen=True)
class ChannelCondition:
    """A channel's condition. `status`: ok | failing | throttled | disabled, `since` and `not_before` in ms."""

    status: str = "ok"
    since: int = 0
    failures: int = 0
    not_before: int = 0
    detail: str = ""


def channel_conditions(connection: Connection, desk: str) -> dict[str, ChannelCondition]:
    """Return the condition of each channel that has ever sent, by name."""
    rows = connection.execute(select(channels).where(channels.c.desk == desk))
    return {
        row.channel: ChannelCondition(row.status, row.since, row.failures, row.not_before, row.detail)
        for row in rows
    }


def record_condition(connection: Connection, desk: str, channel: str, condition: ChannelCondition) -> None:
    """Store the condition of a channel; `detail` is cut to 2000 characters."""
    upsert(
        connection,
        channels,
        [
            {
                "desk": desk,
                "channel": channel,
                "status": condition.status,
                "since": condition.since,
                "failures": condition.failures,
                "not_before": condition.not_before,
                "detail": condition.detail[:2000],
            }
        ],
    )
