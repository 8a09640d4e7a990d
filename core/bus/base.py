"""The interface of a message bus: bus, producer, consumer, and the record they pass.

Delivery is at least once and in order within a partition. A producer reports only what the broker acknowledged;
a consumer commits only what it is given to commit. Every method may raise BusUnavailable, and no error of the
broker's client beside those that the methods name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.records import Wire

RAW = "news.raw"
SCORED = "news.scored"
DEAD = "news.dead"
EVENTS = "alerts.events"


@dataclass(frozen=True, slots=True)
class Received:
    """One record of the log."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    schema: str
    """The header `schema`; "" where the record has none."""


class Producer(Protocol):
    """Sends records to the broker. Not thread-safe."""

    def send(self, topic: str, record: Wire, *, key: str, partition: int) -> None:
        """Queue a record. May block while buffers are full. Raises InvalidRecord (too_large)."""

    def send_bytes(self, topic: str, value: bytes, *, schema: str, key: str, partition: int) -> None:
        """Queue an encoded record of this `schema`. Raises InvalidRecord (too_large)."""

    def flush(self) -> None:
        """Return once the broker has acknowledged everything sent so far.

        Raises BusUnavailable if it did not: then what was sent since the last flush may or may not be there,
        and the caller starts over from its last committed position.
        """

    def close(self) -> None:
        """Flush what can be flushed, and close the connection."""


class Consumer(Protocol):
    """Reads one topic; its partitions are fixed, or assigned by the group. Not thread-safe."""

    def poll(self, timeout_s: float, max_records: int = 2000) -> Sequence[Received]:
        """At most `max_records` records, in order within each partition; empty where none came in `timeout_s`."""

    def assignment(self) -> set[int]:
        """The partitions assigned at present."""

    def seek(self, positions: Mapping[int, int]) -> None:
        """Continue at these offsets (partition -> next offset). One beyond the log's end is not detected here."""

    def commit(self, positions: Mapping[int, int]) -> None:
        """Commit for the group: partition -> next offset. Raises Fenced where a rebalance took a partition away."""

    def committed(self) -> dict[int, int]:
        """Partition -> committed offset, for the assigned partitions that have one."""

    def pause(self, partitions: Iterable[int] | None = None) -> None:
        """Return no records of these partitions (None: all assigned) until resumed."""

    def resume(self, partitions: Iterable[int] | None = None) -> None:
        """End a pause (None: of all assigned partitions)."""

    def keepalive(self) -> None:
        """Keep the group membership during a slow batch: poll without returning records."""

    def ends(self) -> dict[int, int]:
        """Partition -> end offset (of the next record to come) of the assigned partitions, as the broker reports it."""

    def close(self) -> None:
        """Leave the group and close the connection."""


class Bus(Protocol):
    """A broker."""

    durable: bool
    """False for a broker that keeps its data in memory only."""

    def ensure_topics(self, partitions: int) -> None:
        """Create those of the four topics that are missing. Raises ConfigError for another partition count."""

    def partitions(self, topic: str) -> int:
        """The number of partitions of the topic."""

    def topic_id(self, topic: str) -> str:
        """Identity of the topic's log; it changes when the topic is recreated or the broker lost its data."""

    def producer(self) -> Producer:
        """A new producer (idempotent, acks=all)."""

    def consumer(
        self, topic: str, *, group: str | None = None, partitions: Iterable[int] | None = None
    ) -> Consumer:
        """A new consumer at the group's committed offsets, else at the beginning. Commits only when asked to.

        `partitions`: fixed ones; None: assigned by the group.
        """

    def close(self) -> None:
        """Close the connections."""
