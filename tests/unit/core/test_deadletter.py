"""Dead letters: in the topic and in the store, once, whatever was lost in between."""

from __future__ import annotations

import base64
import json

import pytest
from sqlalchemy import select

from core.bus.base import DEAD
from core.bus.memory import MemoryBus
from core.deadletter import KEPT_BYTES, PAYLOAD_BYTES, dead_letter, publish_dead_letters
from core.errors import BusUnavailable, Reason
from core.records import DeadLetter, decode
from core.store import Store
from core.tables import dead, origins


@pytest.fixture
def bus() -> MemoryBus:
    made = MemoryBus()
    made.ensure_topics(2)
    return made


def letter(origin: str = "f:1", payload: bytes = b"{") -> DeadLetter:
    return dead_letter(origin=origin, reason=Reason.BAD_JSON, payload=payload, at=5, source="s", detail="why")


def test_a_dead_letter_stands_in_the_topic_and_in_the_store_with_its_origin_settled(
    bus: MemoryBus, sqlite_store: Store
) -> None:
    publish_dead_letters([letter()], bus.producer(), sqlite_store, "ingest")
    [record] = bus.consumer(DEAD, partitions=[0]).poll(0)
    assert decode(record.value, record.schema) == letter()
    with sqlite_store.read() as connection:
        row = connection.execute(select(dead)).one()
        settled = connection.execute(select(origins)).one()
    assert (row.reason, row.payload, row.detail, row.status) == ("bad_json", b"{", "why", "dead")
    assert (settled.origin, settled.kind, settled.reason) == ("f:1", "dead", "bad_json")


def test_publishing_again_after_a_crash_repeats_the_topic_not_the_store(
    bus: MemoryBus, sqlite_store: Store
) -> None:
    for _ in range(2):
        publish_dead_letters([letter(), letter("f:2")], bus.producer(), sqlite_store, "ingest")
    assert bus.consumer(DEAD, partitions=[0]).ends() == {0: 4}
    with sqlite_store.read() as connection:
        assert len(connection.execute(select(dead)).all()) == 2
        assert len(connection.execute(select(origins)).all()) == 2


def test_with_the_broker_away_nothing_is_settled_and_the_caller_hears_of_it(
    bus: MemoryBus, sqlite_store: Store
) -> None:
    bus.fail_next()
    with pytest.raises(BusUnavailable):
        publish_dead_letters([letter()], bus.producer(), sqlite_store, "ingest")
    with sqlite_store.read() as connection:
        assert connection.execute(select(dead)).all() == []
        assert connection.execute(select(origins)).all() == []


def test_a_huge_payload_is_cut_and_its_hash_is_of_the_whole(bus: MemoryBus, sqlite_store: Store) -> None:
    import hashlib

    payload = bytes(range(256)) * 200_000  # 51 MB
    made = letter(payload=payload)
    assert made.payload == payload[:KEPT_BYTES]
    assert made.payload_hash == hashlib.sha256(payload).hexdigest()
    publish_dead_letters([made], bus.producer(), sqlite_store, "ingest")
    [record] = bus.consumer(DEAD, partitions=[0]).poll(0)
    assert base64.b64decode(json.loads(record.value)["payload"]) == payload[:PAYLOAD_BYTES]
    with sqlite_store.read() as connection:  # which a replay reads
        assert connection.execute(select(dead.c.payload)).scalar_one() == payload[:KEPT_BYTES]


def test_no_letters_are_no_work() -> None:
    publish_dead_letters([], None, None, "ingest")  # type: ignore[arg-type]


def test_an_endless_error_is_cut() -> None:
    made = dead_letter(
        origin="o", reason=Reason.BAD_ROW, payload=b"", at=0, error="x" * 9_999, detail="y" * 9_999
    )
    assert (len(made.error), len(made.detail)) == (200, 2_000)
