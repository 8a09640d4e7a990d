"""An in-memory broker for tests: the same contract, and methods that make it fail.

`stop()` and `start()` are a broker that goes away and comes back (with its data), `wipe()` loses everything as a
memory-only broker does on restart, `fail_next(n)` makes the next n flushes fail, `rebalance()` fences all group
members. Several threads may use it.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence

from core.bus.base import DEAD, EVENTS, RAW, SCORED, Received
from core.bus.fair import FairBuffer
from core.errors import BusUnavailable, ConfigError, Fenced, InvalidRecord, Reason
from core.records import Wire, encode, schema_of

MAX_RECORD_BYTES = 1_000_000


class MemoryBus:
    """A broker in this process."""

    def __init__(self, durable: bool = True) -> None:
        self.durable = durable
        self.lock = threading.Condition()
        self.running = True
        self.failures = 0
        self.generation = 0
        self.logs: dict[str, list[list[Received]]] = {}
        self.ids: dict[str, str] = {}
        self.offsets: dict[tuple[str, str, int], int] = {}

    # -- failures

    def stop(self) -> None:
        """Stop the broker: calls raise BusUnavailable until `start`."""
        self.running = False

    def start(self) -> None:
        """Start the broker again, with its data."""
        self.running = True

    def wipe(self) -> None:
        """Delete all topics, records and committed offsets, as a broker that lost its data."""
        with self.lock:
            self.logs.clear()
            self.ids.clear()
            self.offsets.clear()

    def fail_next(self, flushes: int = 1) -> None:
        """Make the next `flushes` flushes raise BusUnavailable; their records are lost."""
        self.failures = flushes

    def rebalance(self) -> None:
        """Revoke the partitions of all group members; a commit raises Fenced until its consumer polls again."""
        self.generation += 1

    # -- the contract

    def up(self) -> None:
        """Raise BusUnavailable if the broker is stopped."""
        if not self.running:
            raise BusUnavailable("broker is stopped")

    def ensure_topics(self, partitions: int) -> None:
        self.up()
        with self.lock:
            for topic in (RAW, SCORED, DEAD, EVENTS):
                count = partitions if topic in (RAW, SCORED) else 1
                if topic not in self.logs:
                    self.logs[topic] = [[] for _ in range(count)]
                    self.ids[topic] = str(uuid.uuid4())
                elif len(self.logs[topic]) != count:
                    raise ConfigError(
                        f"topic {topic} has {len(self.logs[topic])} partitions, expected {count}"
                    )

    def partitions(self, topic: str) -> int:
        self.up()
        return len(self.logs[topic])

    def topic_id(self, topic: str) -> str:
        self.up()
        return self.ids[topic]

    def producer(self) -> MemoryProducer:
        return MemoryProducer(self)

    def consumer(
        self, topic: str, *, group: str | None = None, partitions: Iterable[int] | None = None
    ) -> MemoryConsumer:
        self.up()
        chosen = list(partitions) if partitions is not None else list(range(len(self.logs[topic])))
        return MemoryConsumer(self, topic, group, chosen, grouped=partitions is None)

    def close(self) -> None:
        """Do nothing."""


class MemoryProducer:
    """Queues records until flushed."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus
        self._queue: list[tuple[str, int, bytes, bytes, str]] = []

    def send(self, topic: str, record: Wire, *, key: str, partition: int) -> None:
        self.send_bytes(topic, encode(record), schema=schema_of(record), key=key, partition=partition)

    def send_bytes(self, topic: str, value: bytes, *, schema: str, key: str, partition: int) -> None:
        if len(value) > MAX_RECORD_BYTES:
            raise InvalidRecord(Reason.TOO_LARGE, f"{len(value)} bytes; the limit is {MAX_RECORD_BYTES}")
        self._queue.append((topic, partition, key.encode(), value, schema))

    def flush(self) -> None:
        queue, self._queue = self._queue, []
        self._bus.up()
        with self._bus.lock:
            if self._bus.failures:
                self._bus.failures -= 1
                raise BusUnavailable("flush failed (requested by fail_next)")
            for topic, partition, key, value, schema in queue:
                log = self._bus.logs[topic][partition]
                log.append(Received(topic, partition, len(log), key, value, schema))
            self._bus.lock.notify_all()

    def close(self) -> None:
        if self._bus.running:
            self.flush()


class MemoryConsumer:
    """Reads the lists of a MemoryBus."""

    def __init__(
        self, bus: MemoryBus, topic: str, group: str | None, partitions: list[int], grouped: bool
    ) -> None:
        self._bus, self._topic, self._group, self._grouped = bus, topic, group, grouped
        self._generation = bus.generation
        self._next = dict.fromkeys(partitions, 0)
        self._next.update(self.committed())
        self._paused: set[int] = set()

    def poll(self, timeout_s: float, max_records: int = 2000) -> Sequence[Received]:
        self._bus.up()
        if self._grouped and self._generation != self._bus.generation:
            self._generation = self._bus.generation
            self._next = dict.fromkeys(self._next, 0)
            self._next.update(self.committed())
        with self._bus.lock:
            if not (batch := self._take(max_records)) and timeout_s > 0:
                self._bus.lock.wait(timeout_s)
                batch = self._take(max_records)
        return batch

    def _take(self, max_records: int) -> list[Received]:
        logs = self._bus.logs.get(self._topic)
        if logs is None:
            return []
        buffer = FairBuffer()
        for partition, start in self._next.items():
            if partition not in self._paused:
                buffer.add(logs[partition][start : start + max_records])
        batch = buffer.take(max_records)
        for record in batch:
            self._next[record.partition] = record.offset + 1
        return batch

    def assignment(self) -> set[int]:
        return set(self._next)

    def seek(self, positions: Mapping[int, int]) -> None:
        self._next.update(positions)

    def commit(self, positions: Mapping[int, int]) -> None:
        self._bus.up()
        if self._grouped and self._generation != self._bus.generation:
            raise Fenced("the group was rebalanced")
        for partition, offset in positions.items():
            self._bus.offsets[self._group or "", self._topic, partition] = offset

    def committed(self) -> dict[int, int]:
        return {
            partition: offset
            for partition in self._next
            if (offset := self._bus.offsets.get((self._group or "", self._topic, partition))) is not None
        }

    def pause(self, partitions: Iterable[int] | None = None) -> None:
        self._paused |= set(self._next if partitions is None else partitions)

    def resume(self, partitions: Iterable[int] | None = None) -> None:
        self._paused -= set(self._next if partitions is None else partitions)

    def keepalive(self) -> None:
        self._bus.up()

    def ends(self) -> dict[int, int]:
        self._bus.up()
        return {partition: len(self._bus.logs[self._topic][partition]) for partition in self._next}

    def close(self) -> None:
        """Do nothing."""
