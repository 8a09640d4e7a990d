"""Kafka through kafka-python: the only module that imports it.

Why each option departs from the client's default stands beside it. Faults of earlier 3.0.x that the pin avoids and
the watchdog (core/bus/watchdog.py) still guards against: partitions that stop being read after a rebalance.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import kafka.record.util
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    InvalidReplicationFactorError,
    KafkaConfigurationError,
    KafkaError,
    MessageSizeTooLargeError,
    RebalanceInProgressError,
    RecordListTooLargeError,
    TopicAlreadyExistsError,
    UnknownMemberIdError,
    UnknownTopicOrPartitionError,
)
from kafka.structs import OffsetAndMetadata

from core.bus.append import OpenBatchAppender, batch_error, encode_header
from core.bus.base import DEAD, EVENTS, RAW, SCORED, Received
from core.bus.failures import bootstrap_failure, capture_client_log
from core.bus.fair import FairBuffer
from core.errors import BusUnavailable, ConfigError, Fenced, InvalidRecord, Reason
from core.records import Wire, encode, schema_of
from core.settings import BrokerSettings

capture_client_log()

MAX_RECORD_BYTES = 1_000_000
"""Below Kafka's default limit of 1 MiB a batch, so that a record accepted here is accepted there."""

_FETCHED = 10_000
"""Records a poll of the client; their bytes are bounded by max_partition_fetch_bytes."""

_FENCING = (CommitFailedError, IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError)


@contextmanager
def _translated(doing: str, address: str, protocol: str = "PLAINTEXT") -> Iterator[None]:
    try:
        yield
    except _FENCING as error:
        raise Fenced(f"{doing}: {error}") from error
    except KafkaConfigurationError as error:
        raise ConfigError(f"broker {address}: {error}") from error
    except KafkaError as error:
        failure = bootstrap_failure(error)
        if failure is not None:
            text = failure.describe(protocol)
        else:
            text = str(error).removeprefix(f"{type(error).__name__}: ") or type(error).__name__
        raise BusUnavailable(f"broker {address}: {doing}: {text}") from error


class KafkaBus:
    """A broker that speaks Kafka's protocol. The constructor raises BusUnavailable when none answers in time."""

    def __init__(self, settings: BrokerSettings) -> None:
        if kafka.record.util.crc32c_c is None:
            raise ConfigError(
                "kafka-python runs without the crc32c extension (48 times slower): pip install 'kafka-python[crc32c]'"
            )
        self.durable = settings.durable
        self._settings = settings
        self._common: dict[str, Any] = {
            "bootstrap_servers": settings.address.split(","),
            "client_id": "newsquake",
            "bootstrap_timeout_ms": round(settings.connect_timeout_s * 1000),
            **settings.client_options(),
        }
        with _translated("connecting", settings.address, settings.security_protocol):
            self._admin = KafkaAdminClient(**self._common)

    def ensure_topics(self, partitions: int) -> None:
        wanted = {RAW: partitions, SCORED: partitions, DEAD: 1, EVENTS: 1}
        with _translated("creating topics", self._settings.address):
            there = set(self._admin.list_topics())
            for topic, count in wanted.items():
                if topic not in there:
                    self._create(topic, count)
            for topic, count in wanted.items():
                if (found := self.partitions(topic)) != count:
                    raise ConfigError(
                        f"topic {topic} has {found} partitions but broker.partitions is {count}: "
                        "the number is fixed for the life of the topic; set it to what is there, or use another broker"
                    )

    def existing(self) -> dict[str, int]:
        """Topic -> number of partitions, of all topics of the broker."""
        with _translated("listing topics", self._settings.address):
            found = self._admin.describe_topics(sorted(self._admin.list_topics()))
        return {str(topic["name"]): len(topic["partitions"]) for topic in found}

    def _create(self, topic: str, count: int) -> None:
        # LogAppendTime: record timestamps are wall clock, or retention would delete 1987 at once.
        configs = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(1024 * 1024)}
        for replication in (self._settings.replication, 1):
            try:
                self._admin.create_topics([NewTopic(topic, count, replication, topic_configs=configs)])
            except TopicAlreadyExistsError:
                return
            except InvalidReplicationFactorError:
                continue
            return

    def _describe(self, topic: str) -> dict[str, Any]:
        deadline = time.monotonic() + 15
        while True:
            with _translated(f"describing {topic}", self._settings.address):
                try:
                    found: dict[str, Any] = self._admin.describe_topics([topic])[0]
                except UnknownTopicOrPartitionError:
                    found = {"error_code": 3}
            leaders = [part.get("leader_id", -1) for part in found.get("partitions", ())]
            if found["error_code"] == 0 and leaders and min(leaders) >= 0:
                return found
            if time.monotonic() > deadline:
                raise BusUnavailable(
                    f"broker {self._settings.address}: topic {topic} is not there or has no leader"
                )
            time.sleep(0.1)

    def partitions(self, topic: str) -> int:
        return len(self._describe(topic)["partitions"])

    def topic_id(self, topic: str) -> str:
        return str(self._describe(topic)["topic_id"])

    def producer(self) -> KafkaBusProducer:
        delivery_ms = round(self._settings.delivery_timeout_s * 1000)
        with _translated("opening a producer", self._settings.address):
            producer = KafkaProducer(
                **self._common,
                metrics_enabled=False,  # costs time on every record
                acks="all",
                enable_idempotence=True,
                compression_type=None if self._settings.compression == "none" else self._settings.compression,
                linger_ms=20,  # 2.5 times the records/s of 0
                batch_size=256 * 1024,
                max_request_size=1024 * 1024,
                delivery_timeout_ms=delivery_ms,
                request_timeout_ms=min(
                    30_000, delivery_ms // 2
                ),  # the client requires delivery > request + linger
                max_block_ms=delivery_ms,
                allow_auto_create_topics=False,
            )
        return KafkaBusProducer(producer, self._settings)

    def consumer(
        self, topic: str, *, group: str | None = None, partitions: Iterable[int] | None = None
    ) -> KafkaBusConsumer:
        with _translated("opening a consumer", self._settings.address):
            consumer = KafkaConsumer(
                **self._common,
                metrics_enabled=False,
                group_id=group,
                enable_auto_commit=False,  # offsets are committed only behind acknowledged output
                auto_offset_reset="earliest",  # `latest` would lose what came before a new group's first read
                max_poll_interval_ms=300_000,
                session_timeout_ms=self._settings.session_timeout_ms,
                heartbeat_interval_ms=min(3000, self._settings.session_timeout_ms // 3),
                max_partition_fetch_bytes=4 * 1024 * 1024,
                fetch_max_wait_ms=100,
                allow_auto_create_topics=False,
                partition_assignment_strategy=_assignors(),
            )
            if partitions is None:
                consumer.subscribe([topic])
            else:
                consumer.assign([TopicPartition(topic, partition) for partition in partitions])
        return KafkaBusConsumer(
            consumer, topic, self._settings, None if self.durable else self._high_watermarks
        )

    def _high_watermarks(self, reported: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Tansu 0.6 reports the last batch's first offset + 1 as the end; a fetch of that record tells the truth."""
        wanted = {partition: end for partition, end in reported.items() if end > 0}
        with _translated("reading end offsets", self._settings.address):
            probe = KafkaConsumer(**self._common, metrics_enabled=False, fetch_max_wait_ms=100)
            try:
                probe.assign(list(wanted))
                for partition, end in wanted.items():
                    probe.seek(partition, end - 1)
                deadline = time.monotonic() + 5
                ends = dict(reported)
                while wanted and time.monotonic() < deadline:
                    probe.poll(timeout_ms=200)
                    for partition in list(wanted):
                        if (mark := probe.highwater(partition)) is not None:
                            ends[partition] = max(wanted.pop(partition), mark)
            finally:
                probe.close(timeout_ms=1000)
        return ends

    def close(self) -> None:
        self._admin.close()


def _assignors() -> list[Any]:
    # Range first: partition p of raw goes with partition p of scored, and the client's sticky assignor had loops.
    from kafka.coordinator.assignors.range import RangePartitionAssignor
    from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

    return [RangePartitionAssignor, RoundRobinPartitionAssignor]


def _resume_stuck_partition(consumer: Any) -> None:
    """Let the client read on a partition that was paused while it held fetched records.

    Its fetcher (3.0.12) parks them and takes them up again only where its slot is None, but a slot that was read to
    its end stays there: the partition was silent until the watchdog's new consumer, two minutes later.
    """
    fetcher = getattr(consumer, "_fetcher", None)
    if not getattr(fetcher, "_next_partition_records", True):
        fetcher._next_partition_records = None  # type: ignore[union-attr]


class KafkaBusProducer:
    """Keeps every batch's future and checks each in `flush`: the client's own flush does not prove delivery."""

    def __init__(self, producer: KafkaProducer, settings: BrokerSettings) -> None:
        self._producer = producer
        self._settings = settings
        self._futures: list[Any] = []
        self._appenders: dict[tuple[str, int], OpenBatchAppender] = {}
        """By (topic, partition): the open batch that further records join; none is older than the last flush."""
        self._headers: dict[str, bytes] = {}

    def send(self, topic: str, record: Wire, *, key: str, partition: int) -> None:
        self.send_bytes(topic, encode(record), schema=schema_of(record), key=key, partition=partition)

    def send_bytes(self, topic: str, value: bytes, *, schema: str, key: str, partition: int) -> None:
        if len(value) > MAX_RECORD_BYTES:
            raise InvalidRecord(Reason.TOO_LARGE, f"{len(value)} bytes; the limit is {MAX_RECORD_BYTES}")
        appender = self._appenders.get((topic, partition))
        if appender is not None:
            headers = self._headers.get(schema)
            if headers is None:
                headers = self._headers[schema] = encode_header("schema", schema)
            if appender.append(key.encode(), value, headers):
                return
        try:  # not `_translated`: entering it costs as much as the rest
            future = self._producer.send(
                topic, value, key=key.encode(), partition=partition, headers=[("schema", schema.encode())]
            )
        except KafkaError as error:
            with _translated(f"sending to {topic}", self._settings.address):
                raise error
        try:
            appender = None if future.is_done else OpenBatchAppender(self._producer, future)
        except AttributeError:  # another version of the client: slower, a future for each record
            appender = None
        if appender is None:
            self._futures.append(future)
        else:
            self._appenders[topic, partition] = appender
            self._futures.append(appender.future)

    def flush(self) -> None:
        futures, self._futures = self._futures, []
        self._appenders.clear()
        with _translated("waiting for acknowledgement", self._settings.address):
            self._producer.flush(timeout=self._settings.delivery_timeout_s + 5)
            for future in futures:
                if not future.is_done:
                    raise BusUnavailable(f"broker {self._settings.address}: not acknowledged in time")
                if (error := batch_error(future)) is not None:
                    if isinstance(error, (MessageSizeTooLargeError, RecordListTooLargeError)):
                        raise ConfigError(
                            f"broker {self._settings.address} takes no {MAX_RECORD_BYTES}-byte record: "
                            "raise max.message.bytes of the topic to 1048576"
                        )
                    raise error

    def close(self) -> None:
        self._producer.close(timeout=5)


class KafkaBusConsumer:
    """Reads one topic, an equal share of each partition (core/bus/fair.py)."""

    def __init__(
        self,
        consumer: KafkaConsumer,
        topic: str,
        settings: BrokerSettings,
        corrected: Callable[[Mapping[TopicPartition, int]], dict[TopicPartition, int]] | None = None,
    ) -> None:
        self._consumer, self._topic, self._settings = consumer, topic, settings
        self._corrected = corrected
        self._buffer = FairBuffer()
        self._held: set[int] = set()
        """Partitions paused by the user; full ones are paused as well."""

    def _partition(self, number: int) -> TopicPartition:
        return TopicPartition(self._topic, number)

    def poll(self, timeout_s: float, max_records: int = 2000) -> Sequence[Received]:
        self._fetch(0.0 if len(self._buffer) else timeout_s)
        return self._buffer.take(max_records, leave=self._held)

    def _fetch(self, timeout_s: float) -> None:
        """Poll the client for the partitions whose queue is not full, and queue what it returns."""
        before = self.assignment()
        stopped = self._held | self._buffer.full()
        self._consumer.resume(*(self._partition(number) for number in before - stopped))
        self._consumer.pause(*(self._partition(number) for number in before & stopped))
        _resume_stuck_partition(self._consumer)
        with _translated("reading", self._settings.address):
            batches = self._consumer.poll(timeout_ms=round(timeout_s * 1000), max_records=_FETCHED)
        after = self.assignment()
        if after != before:
            self._buffer.keep_only(before & after)
        self._buffer.add(
            Received(
                record.topic,
                record.partition,
                record.offset,
                record.key,
                record.value or b"",
                next(
                    (value.decode("ascii", "replace") for name, value in record.headers if name == "schema"),
                    "",
                ),
            )
            for batch in batches.values()
            for record in batch
        )

    def assignment(self) -> set[int]:
        return {partition.partition for partition in self._consumer.assignment()}

    def seek(self, positions: Mapping[int, int]) -> None:
        self._buffer.forget(positions)
        for partition, offset in positions.items():
            self._consumer.seek(self._partition(partition), offset)

    def commit(self, positions: Mapping[int, int]) -> None:
        if not positions:
            return
        with _translated("committing", self._settings.address):
            self._consumer.commit(
                {
                    self._partition(partition): OffsetAndMetadata(offset, "", -1)
                    for partition, offset in positions.items()
                }
            )

    def committed(self) -> dict[int, int]:
        with _translated("reading committed offsets", self._settings.address):
            return {
                partition.partition: offset
                for partition in self._consumer.assignment()
                if (offset := self._consumer.committed(partition)) is not None
            }

    def pause(self, partitions: Iterable[int] | None = None) -> None:
        self._held |= self.assignment() if partitions is None else set(partitions)

    def resume(self, partitions: Iterable[int] | None = None) -> None:
        self._held -= self.assignment() if partitions is None else set(partitions)

    def keepalive(self) -> None:
        self._fetch(0.0)

    def ends(self) -> dict[int, int]:
        with _translated("reading end offsets", self._settings.address):
            ends = self._consumer.end_offsets(list(self._consumer.assignment()))
        if self._corrected is not None:
            ends = self._corrected(ends)
        return {partition.partition: offset for partition, offset in ends.items()}

    def close(self) -> None:
        self._consumer.close(timeout_ms=5000)
