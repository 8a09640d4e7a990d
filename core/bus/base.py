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
        """Queue a record. May block while buffers are full.

        Raises InvalidRecord (reason `too_large`), or BusUnavailable where it cannot be queued.
        """

    def send_bytes(self, topic: str, value: bytes, *, schema: str, key: str, partition: int) -> None:
        """Queue an encoded record of this `schema`, as `send` does, which see for what it raises."""

    def flush(self) -> None:
        """Return once the broker has acknowledged everything sent so far.

        Raises BusUnavailable if it did not: then what was sent since the last flush may or may not be there,
        and the caller starts over from its last committed position. Raises ConfigError where the topic does not accept
        records of the size that `send` does.
        """

    def close(self) -> None:
        """Flush what can be flushed, and close the connection."""


class Consumer(Protocol):
    """Reads one topic; its partitions are fixed, or assigned by the group. Not thread-safe."""

    def poll(self, timeout_s: float, max_records: int = 2000) -> Sequence[Received]:
        """Return at most `max_records` records, in order within each partition; empty where none came in `timeout_s`.

        Raises BusUnavailable, and Fenced where a rebalance ended the membership.
        """

    def assignment(self) -> set[int]:
        """Return the partitions assigned at present; empty until a poll has joined the group."""

    def seek(self, positions: Mapping[int, int]) -> None:
        """Continue at these offsets (partition -> next offset). One beyond the log's end is not detected here."""

    def commit(self, positions: Mapping[int, int]) -> None:
        """Commit for the group: partition -> next offset.

        Raises Fenced where a rebalance took a partition away, and BusUnavailable.
        """

    def committed(self) -> dict[int, int]:
        """Return partition -> committed offset of the assigned partitions that have one. Raises BusUnavailable."""

    def pause(self, partitions: Iterable[int] | None = None) -> None:
        """Make `poll` return no records of these partitions (None: all assigned) until they are resumed."""

    def resume(self, partitions: Iterable[int] | None = None) -> None:
        """End a pause (None: of all assigned partitions)."""

    def keepalive(self) -> None:
        """Keep the group membership during a slow batch: poll without returning records. Raises what `poll` raises."""

    def ends(self) -> dict[int, int]:
        """Return partition -> end offset (of the next record) of the assigned partitions. Raises BusUnavailable."""

    def close(self) -> None:
        """Leave the group and close the connection."""


class Bus(Protocol):
    """A broker."""

    durable: bool
    """False for a broker that keeps its data in memory only."""

    def ensure_topics(self, partitions: int) -> None:
        """Create those of the four topics that are missing.

        Raises ConfigError where one has another number of partitions, and BusUnavailable.
        """

    def partitions(self, topic: str) -> int:
        """Return the number of partitions of the topic. Raises BusUnavailable."""

    def topic_id(self, topic: str) -> str:
        """Return the identity of the topic's log: a new one once the topic was recreated or the broker lost its data.

        Raises BusUnavailable.
        """

    def producer(self) -> Producer:
        """Return a new producer (idempotent, acks=all). Raises BusUnavailable or ConfigError."""

    def consumer(
        self, topic: str, *, group: str | None = None, partitions: Iterable[int] | None = None
    ) -> Consumer:
        """Return a new consumer of the topic, at the group's committed offsets, else at the beginning.

        `partitions`: fixed ones; None: the group assigns them at the first polls. Offsets are committed by `commit`
        alone. Raises BusUnavailable or ConfigError.
        """

    def close(self) -> None:
        """Close the connections."""
