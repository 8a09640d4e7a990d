"""One suite for every broker: what core/bus/base.py promises, on the in-memory twin, Tansu and Apache Kafka."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import pytest

from core.bus import Bus, Consumer, Received
from core.bus.base import DEAD, EVENTS, RAW, SCORED
from core.bus.memory import MemoryBus
from core.bus.open import open_bus
from core.errors import BusUnavailable, ConfigError, Fenced, InvalidRecord, Reason
from core.records import Article, Marker, decode
from core.settings import BrokerSettings
from tests.support.brokers import wipe
from tests.support.records import article

PARTITIONS = 3


@dataclass
class Place:
    """A broker under test: `open()` connects again, `wipe()` makes it forget everything."""

    kind: str
    open: Callable[[], Bus]
    wipe: Callable[[], None]


@pytest.fixture(params=["memory", "tansu", pytest.param("kafka", marks=pytest.mark.kafka)])
def place(request: pytest.FixtureRequest) -> Place:
    kind = request.param
    if kind == "memory":
        memory = MemoryBus()
        return Place(kind, lambda: memory, memory.wipe)
    broker = request.getfixturevalue(kind)
    address = broker if isinstance(broker, str) else broker.address
    settings = BrokerSettings(address=address, durable=kind == "kafka", delivery_timeout_s=20)

    def forget() -> None:
        if kind == "kafka":
            wipe(address)
        else:
            broker.kill()
            broker.stop()
            broker.start()

    return Place(kind, lambda: open_bus(settings), forget)


@pytest.fixture
def bus(place: Place) -> Iterator[Bus]:
    opened = place.open()
    opened.ensure_topics(PARTITIONS)
    yield opened
    opened.close()


def fill(bus: Bus, count: int, partition: int = 0, topic: str = RAW, first: int = 0) -> None:
    producer = bus.producer()
    for number in range(first, first + count):
        item = article(number)
        producer.send(topic, item, key=item.id, partition=partition)
    producer.flush()
    producer.close()


def drain(consumer: Consumer, count: int, within_s: float = 30.0) -> list[Received]:
    """Poll until `count` records came (and fail if they did not)."""
    out: list[Received] = []
    deadline = time.monotonic() + within_s
    while len(out) < count:
        assert time.monotonic() < deadline, f"{len(out)} of {count} records after {within_s:.0f} s"
        out += consumer.poll(0.2)
    return out


def nothing_comes(consumer: Consumer) -> bool:
    return not [record for _ in range(3) for record in consumer.poll(0.3)]


def offsets(records: Sequence[Received]) -> list[int]:
    return [record.offset for record in records]


def test_topics_are_created_once_with_the_partitions_asked_for(bus: Bus) -> None:
    bus.ensure_topics(PARTITIONS)
    assert [bus.partitions(topic) for topic in (RAW, SCORED, DEAD, EVENTS)] == [PARTITIONS, PARTITIONS, 1, 1]


def test_another_partition_count_is_refused_in_words(bus: Bus) -> None:
    with pytest.raises(ConfigError, match=f"{RAW}.*{PARTITIONS} partitions"):
        bus.ensure_topics(PARTITIONS + 1)


def test_a_record_arrives_as_it_was_sent(bus: Bus) -> None:
    item = article(1, title="苹果：一季度净利润增长12%", body="Łódź \U0001f600 \x00")
    producer = bus.producer()
    producer.send(RAW, item, key=item.id, partition=2)
    producer.flush()
    consumer = bus.consumer(RAW, partitions=[2])
    [received] = drain(consumer, 1)
    assert (received.topic, received.partition, received.offset) == (RAW, 2, 0)
    assert received.key == item.id.encode()
    assert received.schema == "article/1"
    assert decode(received.value, received.schema) == item
    consumer.close()
    producer.close()


def test_bytes_pass_untouched_with_their_schema(bus: Bus) -> None:
    producer = bus.producer()
    producer.send_bytes(RAW, b"\xff\xfe not json", schema="strange/9", key="k", partition=0)
    producer.flush()
    [received] = drain(bus.consumer(RAW, partitions=[0]), 1)
    assert (received.value, received.schema) == (b"\xff\xfe not json", "strange/9")


def test_order_holds_within_each_partition(bus: Bus) -> None:
    producer = bus.producer()
    for number in range(300):
        producer.send(RAW, article(number), key=str(number), partition=number % PARTITIONS)
        if number % 70 == 0:
            producer.flush()
    producer.flush()
    records = drain(bus.consumer(RAW, partitions=range(PARTITIONS)), 300)
    for partition in range(PARTITIONS):
        own = [record for record in records if record.partition == partition]
        assert offsets(own) == list(range(100))
        assert [int(record.key or b"") for record in own] == list(range(partition, 300, PARTITIONS))


def test_markers_keep_their_place_behind_what_was_sent_before(bus: Bus) -> None:
    producer = bus.producer()
    producer.send(RAW, article(1), key="a", partition=0)
    producer.send(RAW, Marker(writer="w", t=5), key="w", partition=0)
    producer.send(RAW, article(2), key="b", partition=0)
    producer.flush()
    records = drain(bus.consumer(RAW, partitions=[0]), 3)
    assert [record.schema for record in records] == ["article/1", "marker/1", "article/1"]


def test_a_poll_gives_no_more_than_asked_for_and_loses_nothing(bus: Bus) -> None:
    fill(bus, 50)
    consumer = bus.consumer(RAW, partitions=[0])
    out: list[Received] = []
    while len(out) < 50:
        batch = consumer.poll(1.0, max_records=7)
        assert len(batch) <= 7
        out += batch
    assert offsets(out) == list(range(50))


def test_what_is_too_large_is_an_invalid_record_and_the_producer_lives_on(bus: Bus) -> None:
    producer = bus.producer()
    with pytest.raises(InvalidRecord) as caught:
        producer.send(RAW, article(1, body="x" * 1_100_000), key="k", partition=0)
    assert caught.value.reason == Reason.TOO_LARGE
    producer.send(RAW, article(2), key="k", partition=0)
    producer.flush()
    assert len(drain(bus.consumer(RAW, partitions=[0]), 1)) == 1


def test_a_record_just_below_the_limit_passes(bus: Bus) -> None:
    noise = "".join(chr(97 + (number * 7919) % 26) for number in range(980_000))
    producer = bus.producer()
    producer.send(RAW, article(1, body=noise), key="k", partition=0)
    producer.flush()
    [received] = drain(bus.consumer(RAW, partitions=[0]), 1)
    record = decode(received.value, received.schema)
    assert isinstance(record, Article)
    assert len(record.body) == 980_000


def test_without_a_commit_everything_is_read_again(bus: Bus) -> None:
    fill(bus, 10)
    for _ in range(2):
        consumer = bus.consumer(RAW, group="g", partitions=range(PARTITIONS))
        assert offsets(drain(consumer, 10)) == list(range(10))
        consumer.close()


def test_a_restart_goes_on_from_what_was_committed(bus: Bus, place: Place) -> None:
    fill(bus, 10)
    consumer = bus.consumer(RAW, group="g", partitions=range(PARTITIONS))
    drain(consumer, 10)
    consumer.commit({0: 6})
    consumer.close()
    again = place.open()
    consumer = again.consumer(RAW, group="g", partitions=range(PARTITIONS))
    assert consumer.committed() == {0: 6}
    assert offsets(drain(consumer, 4)) == [6, 7, 8, 9]
    consumer.close()


def test_groups_do_not_disturb_one_another(bus: Bus) -> None:
    fill(bus, 5)
    first = bus.consumer(RAW, group="one", partitions=[0])
    first.commit({0: 5})
    first.close()
    second = bus.consumer(RAW, group="two", partitions=[0])
    assert second.committed() == {}
    assert offsets(drain(second, 5)) == list(range(5))
    second.close()


def test_a_group_member_gets_all_partitions_and_commits(bus: Bus) -> None:
    for partition in range(PARTITIONS):
        fill(bus, 4, partition)
    consumer = bus.consumer(RAW, group="members")
    assert len(drain(consumer, 4 * PARTITIONS)) == 4 * PARTITIONS
    assert consumer.assignment() == set(range(PARTITIONS))
    consumer.commit({0: 4, 1: 2})
    assert consumer.committed() == {0: 4, 1: 2}
    consumer.close()
    consumer = bus.consumer(RAW, group="members")
    records = drain(consumer, 2 + 4)
    assert sorted((record.partition, record.offset) for record in records) == [
        (1, 2), (1, 3), (2, 0), (2, 1), (2, 2), (2, 3),
    ]  # fmt: skip
    consumer.close()


def test_seek_goes_back_and_forth(bus: Bus) -> None:
    fill(bus, 10)
    consumer = bus.consumer(RAW, partitions=[0])
    drain(consumer, 10)
    consumer.seek({0: 7})
    assert offsets(drain(consumer, 3)) == [7, 8, 9]
    consumer.seek({0: 0})
    assert offsets(drain(consumer, 10)) == list(range(10))


def test_seeking_one_partition_leaves_the_others(bus: Bus) -> None:
    fill(bus, 3, 0)
    fill(bus, 3, 1)
    consumer = bus.consumer(RAW, partitions=[0, 1])
    drain(consumer, 6)
    consumer.seek({1: 1})
    assert [(record.partition, record.offset) for record in drain(consumer, 2)] == [(1, 1), (1, 2)]
    assert nothing_comes(consumer)


def test_paused_partitions_give_nothing_and_lose_nothing(bus: Bus) -> None:
    fill(bus, 3, 0)
    fill(bus, 3, 1)
    consumer = bus.consumer(RAW, partitions=[0, 1])
    consumer.pause([0])
    assert {record.partition for record in drain(consumer, 3)} == {1}
    assert nothing_comes(consumer)
    consumer.resume([0])
    assert offsets(drain(consumer, 3)) == [0, 1, 2]


def test_keepalive_takes_nothing(bus: Bus) -> None:
    fill(bus, 20)
    consumer = bus.consumer(RAW, partitions=[0])
    first = consumer.poll(5.0, max_records=5)
    for _ in range(5):
        consumer.keepalive()
    rest = drain(consumer, 20 - len(first))
    assert offsets([*first, *rest]) == list(range(20))


def test_keepalive_leaves_what_was_paused_paused(bus: Bus) -> None:
    fill(bus, 3, 0)
    fill(bus, 3, 1)
    consumer = bus.consumer(RAW, partitions=[0, 1])
    consumer.pause([0])
    consumer.keepalive()
    assert {record.partition for record in drain(consumer, 3)} == {1}
    assert nothing_comes(consumer)


def test_ends_are_the_offsets_behind_the_last_record(bus: Bus) -> None:
    fill(bus, 4, 0)
    fill(bus, 2, 1)
    consumer = bus.consumer(RAW, partitions=range(PARTITIONS))
    assert consumer.ends() == {0: 4, 1: 2, 2: 0}


def test_a_consumer_sees_what_comes_after_it_began(bus: Bus) -> None:
    consumer = bus.consumer(RAW, partitions=[0])
    assert nothing_comes(consumer)
    fill(bus, 3)
    assert offsets(drain(consumer, 3)) == [0, 1, 2]


def test_a_partition_that_waited_for_the_others_goes_on(bus: Bus) -> None:
    """Reading slower than the broker gives makes partitions full, and they are paused: none may stay so."""
    each = 6_000
    for partition in range(PARTITIONS):
        fill(bus, each, partition)
    consumer = bus.consumer(RAW, partitions=range(PARTITIONS))
    read = 0
    for more in range(4):  # then further records come, which nothing pauses for
        deadline = time.monotonic() + 20
        while read < PARTITIONS * (each + more):
            assert time.monotonic() < deadline, f"{read} of {PARTITIONS * (each + more)} in round {more}"
            read += len(consumer.poll(0.2, max_records=256))
        for partition in range(PARTITIONS):
            fill(bus, 1, partition, first=each + more)
    consumer.close()


def test_the_topic_id_stays_over_connections_and_changes_when_the_log_is_gone(bus: Bus, place: Place) -> None:
    before = bus.topic_id(SCORED)
    assert before
    assert bus.topic_id(RAW) != before
    assert place.open().topic_id(SCORED) == before
    place.wipe()
    again = place.open()
    again.ensure_topics(PARTITIONS)
    assert again.topic_id(SCORED) != before
    assert again.consumer(SCORED, partitions=range(PARTITIONS)).ends() == dict.fromkeys(range(PARTITIONS), 0)


def test_what_was_committed_is_forgotten_with_the_log(bus: Bus, place: Place) -> None:
    fill(bus, 5)
    consumer = bus.consumer(RAW, group="g", partitions=[0])
    consumer.commit({0: 5})
    consumer.close()
    place.wipe()
    again = place.open()
    again.ensure_topics(PARTITIONS)
    fill(again, 2)
    assert offsets(drain(again.consumer(RAW, group="g", partitions=[0]), 2)) == [0, 1]


def test_several_connections_write_side_by_side(bus: Bus, place: Place) -> None:
    other = place.open()
    fill(bus, 20, 0)
    fill(other, 20, 0, first=20)
    records = drain(bus.consumer(RAW, partitions=[0]), 40)
    assert offsets(records) == list(range(40))
    assert len({record.key for record in records}) == 40


def test_flushing_nothing_is_nothing(bus: Bus) -> None:
    producer = bus.producer()
    producer.flush()
    producer.close()
    assert bus.consumer(RAW, partitions=[0]).ends() == {0: 0}


# -- the twin's verbs for breaking it on purpose, and their real likenesses


def test_a_broker_that_is_not_there_says_so_at_once() -> None:
    started = time.monotonic()
    with pytest.raises(BusUnavailable, match=r"127\.0\.0\.1:9"):
        open_bus(BrokerSettings(address="127.0.0.1:9", connect_timeout_s=1))
    assert time.monotonic() - started < 15


def test_a_failed_flush_says_so_and_the_next_may_work() -> None:
    bus = MemoryBus()
    bus.ensure_topics(1)
    producer = bus.producer()
    bus.fail_next()
    producer.send(RAW, article(1), key="k", partition=0)
    with pytest.raises(BusUnavailable):
        producer.flush()
    producer.send(RAW, article(1), key="k", partition=0)
    producer.flush()
    assert bus.consumer(RAW, partitions=[0]).ends() == {0: 1}


def test_a_killed_broker_makes_flush_fail_and_nothing_is_taken_for_written(tansu: object) -> None:
    bus = open_bus(BrokerSettings(address=tansu.address, delivery_timeout_s=3))  # type: ignore[attr-defined]
    bus.ensure_topics(1)
    producer = bus.producer()
    producer.send(RAW, article(1), key="k", partition=0)
    producer.flush()
    tansu.kill()  # type: ignore[attr-defined]
    with pytest.raises(BusUnavailable):
        for number in range(2, 5):
            producer.send(RAW, article(number), key="k", partition=0)
            producer.flush()
    with suppress(BusUnavailable):
        producer.close()


def test_a_rebalance_fences_the_commit_until_the_next_poll() -> None:
    bus = MemoryBus()
    bus.ensure_topics(1)
    fill(bus, 2)
    consumer = bus.consumer(RAW, group="g")
    consumer.poll(0)
    bus.rebalance()
    with pytest.raises(Fenced):
        consumer.commit({0: 2})
    assert offsets(consumer.poll(0)) == [0, 1]
    consumer.commit({0: 2})
    assert consumer.committed() == {0: 2}


def test_a_stopped_broker_keeps_its_data_until_it_is_back() -> None:
    bus = MemoryBus()
    bus.ensure_topics(1)
    fill(bus, 3)
    consumer = bus.consumer(RAW, partitions=[0])
    bus.stop()
    with pytest.raises(BusUnavailable):
        consumer.poll(0)
    bus.start()
    assert offsets(consumer.poll(0)) == [0, 1, 2]
