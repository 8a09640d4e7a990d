"""What a bus can do, in the words of its users.

Delivery is at least once and in order within a partition. A producer reports only what the broker acknowledged;
a consumer commits only what it is told to. Everything here may raise BusUnavailable; nothing else of the broker
leaks out.
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
    """One record as it stands in the log."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    schema: str
    """The header `schema`, "" where it lacks."""


class Producer(Protocol):
    """Hands records to the broker. Not safe for use from several threads."""

    def send(self, topic: str, record: Wire, *, key: str, partition: int) -> None:
        """Queue a record. May block while buffers are full. Raises InvalidRecord(too_large)."""

    def send_bytes(self, topic: str, value: bytes, *, schema: str, key: str, partition: int) -> None:
        """The same for a value that is encoded already."""

    def flush(self) -> None:
        """Return once the broker has acknowledged everything sent so far.

        Raises BusUnavailable if it did not: then what was sent since the last flush may or may not be there,
        and the caller starts over from its last committed position.
        """

    def close(self) -> None:
        """Flush what can be flushed, let go of the rest."""


class Consumer(Protocol):
    """Reads one topic. Assigned by hand, or by the group when `partitions` was None."""

    def poll(self, timeout_s: float, max_records: int = 2000) -> Sequence[Received]:
        """Whatever is there, at most `max_records`, in order within each partition."""

    def assignment(self) -> set[int]:
        """Partitions read at present."""

    def seek(self, positions: Mapping[int, int]) -> None:
        """Read on at these offsets (partition -> next offset); one beyond the log's end is the caller's to notice."""

    def commit(self, positions: Mapping[int, int]) -> None:
        """Remember for the group: partition -> next offset to read. Raises Fenced after a rebalance took it away."""

    def committed(self) -> dict[int, int]:
        """What the group remembers, for the assigned partitions that have any."""

    def pause(self, partitions: Iterable[int] | None = None) -> None:
        """Fetch no more from these (or all) until resumed."""

    def resume(self, partitions: Iterable[int] | None = None) -> None:
        """Fetch again."""

    def keepalive(self) -> None:
        """Tell the broker we live, in the middle of a slow batch: poll without taking anything."""

    def ends(self) -> dict[int, int]:
        """Offset behind the last record, per assigned partition, as the broker says (for lag displays)."""

    def close(self) -> None:
        """Leave."""


class Bus(Protocol):
    """A broker."""

    durable: bool
    """False for a broker that forgets everything when it restarts."""

    def ensure_topics(self, partitions: int) -> None:
        """Create what lacks of the four topics. Raises ConfigError where one exists with another partition count."""

    def partitions(self, topic: str) -> int:
        """How many partitions the topic has."""

    def topic_id(self, topic: str) -> str:
        """Identity of this topic's log: another one after it was deleted or the broker forgot it."""

    def producer(self) -> Producer:
        """A new producer (idempotent, acks=all)."""

    def consumer(
        self, topic: str, *, group: str | None = None, partitions: Iterable[int] | None = None
    ) -> Consumer:
        """A new consumer, at the group's committed offsets, else at the beginning. Never commits by itself."""

    def close(self) -> None:
        """Let go of connections."""
