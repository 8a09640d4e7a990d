"""Where a desk reads on in `news.scored`: its stored positions, unless the log is another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, delete, select

from core import tables

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Position:
    """A stored position in one partition: the log's id and the next offset to read."""

    topic_id: str
    next_offset: int


def load_positions(connection: Connection, desk: str) -> dict[int, Position]:
    """Return the desk's stored positions by partition."""
    table = tables.positions
    rows = connection.execute(select(table).where(table.c.desk == desk))
    return {row.partition: Position(row.topic_id, row.next_offset) for row in rows}


def of_another_log(stored: Mapping[int, Position], topic_id: str) -> bool:
    """Return whether any of these positions is in another log than `topic_id` (the topic was recreated)."""
    return any(position.topic_id != topic_id for position in stored.values())


def starting_offsets(
    stored: Mapping[int, Position], partitions: int, ends: Mapping[int, int]
) -> dict[int, int]:
    """Return partition -> offset to read from: the stored one, else 0, and never beyond the log's end.

    `ends`: partition -> offset behind its last record. Logs a warning where a stored position lies beyond it.
    """
    starts = {number: stored[number].next_offset if number in stored else 0 for number in range(partitions)}
    for number, end in ends.items():
        if starts[number] > end:
            log.warning("the log is shorter than what was read of it", partition=number, end=end)
            starts[number] = end
    return starts


def delete_positions_of_other_logs(connection: Connection, desk: str, topic_id: str) -> None:
    """Delete the desk's positions in other logs than `topic_id`."""
    table = tables.positions
    connection.execute(delete(table).where((table.c.desk == desk) & (table.c.topic_id != topic_id)))
