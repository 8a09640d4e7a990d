"""Records written past `KafkaProducer.send` read back as if they had gone through it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.producer.record_accumulator import RecordAccumulator
from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.record.memory_records import MemoryRecords
from kafka.record.util import encode_varint

from core.bus.append import OpenBatchAppender, batch_error, encode_header, varint

TP = TopicPartition("t", 0)
HEADERS = [("schema", b"article/1")]


@pytest.fixture
def accumulator() -> RecordAccumulator:
    return RecordAccumulator(message_version=2, compression_attrs=0, batch_size=4096)


def opened(accumulator: RecordAccumulator, at: int | None = None) -> tuple[OpenBatchAppender, Any]:
    future = accumulator.append(TP, at, b"first", b"one", HEADERS)[0]
    return OpenBatchAppender(SimpleNamespace(_accumulator=accumulator), future), accumulator._batches[TP][-1]


def read(batch: Any) -> list[Any]:
    batch.records.close()
    return [record for part in MemoryRecords(batch.records.buffer()) for record in part]


@pytest.mark.parametrize("number", [0, 1, -1, 63, 64, 300, 8191, 8192, 900_000, 2**31, -(2**40)])
def test_varints_are_the_clients(number: int) -> None:
    out = bytearray()
    encode_varint(number, out.append)
    assert varint(number) == bytes(out)


def test_records_appended_directly_read_back_with_key_value_header_and_offset(
    accumulator: RecordAccumulator,
) -> None:
    appender, batch = opened(accumulator)
    values = [b"", b"x" * 200, "央行".encode() * 30, b"\x00\xff"]
    for place, value in enumerate(values):
        assert appender.append(f"k{place}".encode(), value, encode_header("schema", "article/1"))
    assert batch.record_count == 5
    records = read(batch)
    assert [record.value for record in records] == [b"one", *values]
    assert [record.key for record in records] == [b"first", b"k0", b"k1", b"k2", b"k3"]
    assert [record.offset for record in records] == [0, 1, 2, 3, 4]
    assert all(record.headers == HEADERS for record in records)
    assert all(record.validate_crc() for record in MemoryRecords(batch.records.buffer()))


def test_the_bytes_are_those_of_the_clients_own_builder(
    accumulator: RecordAccumulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.25)
    appender, batch = opened(accumulator, 1_700_000_000_250)
    own = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 4096)
    own.append(0, 1_700_000_000_250, b"first", b"one", HEADERS)
    for number in range(1, 12):
        value = b"v" * number * 13
        assert appender.append(b"key", value, encode_header("schema", "article/1"))
        own.append(number, 1_700_000_000_250, b"key", value, HEADERS)
    batch.records.close()
    assert bytes(batch.records.buffer()) == bytes(own.build())


def test_a_full_batch_takes_no_more_and_stays_whole(accumulator: RecordAccumulator) -> None:
    appender, batch = opened(accumulator)
    taken = 0
    while appender.append(b"key", b"v" * 300, encode_header("schema", "article/1")):
        taken += 1
    assert 5 < taken < 14
    assert batch.records.size_in_bytes() <= 4096
    assert len(read(batch)) == taken + 1


def test_a_batch_that_the_sender_took_takes_no_more(accumulator: RecordAccumulator) -> None:
    appender, batch = opened(accumulator)
    accumulator._batches[TP].popleft()
    batch.records.close()
    assert not appender.append(b"key", b"value", b"")
    assert not appender.append(b"key", b"value", b"")


def test_a_batch_that_was_taken_before_the_lane_opened(accumulator: RecordAccumulator) -> None:
    future = accumulator.append(TP, None, b"first", b"one", HEADERS)[0]
    accumulator._batches[TP].popleft().records.close()
    appender = OpenBatchAppender(SimpleNamespace(_accumulator=accumulator), future)
    assert not appender.append(b"key", b"value", b"")


def test_a_batch_that_failed_says_why(accumulator: RecordAccumulator) -> None:
    appender, batch = opened(accumulator)
    error = ValueError("no")
    batch.complete_exceptionally(error, lambda _: error)
    assert appender.future.is_done
    assert batch_error(appender.future) is error
    appender, batch = opened(RecordAccumulator(message_version=2))
    batch.complete(7, -1)
    assert batch_error(appender.future) is None


def test_another_build_of_the_client_has_no_lane() -> None:
    with pytest.raises(AttributeError):
        OpenBatchAppender(SimpleNamespace(), SimpleNamespace())
