"""What only a real Apache Kafka can show: durability over a kill, groups that share and lose partitions."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from core.bus import Bus, Consumer, open_bus
from core.bus.base import RAW, SCORED
from core.errors import BusUnavailable
from core.settings import BrokerSettings
from tests.support.brokers import ROOT, kafka_script, unavailable
from tests.support.records import article

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]
PARTITIONS = 4


def connect(address: str) -> Bus:
    return open_bus(BrokerSettings(address=address, delivery_timeout_s=60, session_timeout_ms=6000))


def fill(bus: Bus, first: int, count: int) -> None:
    producer = bus.producer()
    for number in range(first, first + count):
        producer.send(RAW, article(number), key=str(number), partition=number % PARTITIONS)
    producer.flush()
    producer.close()


def keys(consumer: Consumer, count: int, within_s: float = 60) -> list[int]:
    out: list[int] = []
    deadline = time.monotonic() + within_s
    while len(out) < count:
        assert time.monotonic() < deadline, f"{len(out)} of {count}"
        out += [int(record.key or b"-1") for record in consumer.poll(0.2)]
    return out


@pytest.fixture
def own(tmp_path: Path) -> Iterator[object]:
    """A Kafka of this test's own, to be killed."""
    script = kafka_script()
    server = script.JavaKafka(tmp_path / "kafka")
    try:
        server.start()
    except script.NoKafka as error:
        unavailable(str(error))
    yield server
    server.stop()


def test_what_was_acknowledged_survives_kill_9_of_the_broker(own: object) -> None:
    bus = connect(own.address)  # type: ignore[attr-defined]
    bus.ensure_topics(PARTITIONS)
    fill(bus, 0, 500)
    consumer = bus.consumer(RAW, group="g", partitions=range(PARTITIONS))
    assert sorted(keys(consumer, 500)) == list(range(500))
    consumer.commit({0: 100, 1: 125})
    topic = bus.topic_id(SCORED)
    own.kill()  # type: ignore[attr-defined]
    with suppress(BusUnavailable):
        consumer.close()
    own.start()  # type: ignore[attr-defined]
    again = connect(own.address)  # type: ignore[attr-defined]
    assert again.topic_id(SCORED) == topic
    consumer = again.consumer(RAW, group="g", partitions=range(PARTITIONS))
    assert consumer.committed() == {0: 100, 1: 125}
    assert len(keys(consumer, 25 + 0 + 250)) == 275


def test_a_producer_lives_through_a_restart_of_the_broker_without_doubling(own: object) -> None:
    bus = connect(own.address)  # type: ignore[attr-defined]
    bus.ensure_topics(PARTITIONS)
    producer = bus.producer()
    producer.send(RAW, article(0), key="0", partition=0)
    producer.flush()
    own.stop()  # type: ignore[attr-defined]
    producer.send(RAW, article(1), key="1", partition=0)
    own.start()  # type: ignore[attr-defined]
    producer.flush()
    producer.close()
    consumer = connect(own.address).consumer(RAW, partitions=[0])  # type: ignore[attr-defined]
    assert keys(consumer, 2) == [0, 1]
    assert consumer.ends() == {0: 2}


def test_two_members_share_the_partitions_and_a_leaver_hands_on_from_its_commit(kafka: str) -> None:
    bus = connect(kafka)
    bus.ensure_topics(PARTITIONS)
    first = bus.consumer(RAW, group="share")
    second = bus.consumer(RAW, group="share")
    deadline = time.monotonic() + 60
    while not (first.assignment() and second.assignment()) or first.assignment() & second.assignment():
        assert time.monotonic() < deadline, (first.assignment(), second.assignment())
        first.poll(0.2)
        second.poll(0.2)
    assert first.assignment() | second.assignment() == set(range(PARTITIONS))
    fill(bus, 0, 400)
    got = keys(first, 200)
    mine = first.assignment()
    assert {key % PARTITIONS for key in got} == mine
    first.commit(dict.fromkeys(mine, 100))
    first.close()
    rest = keys(second, 200)
    assert {key % PARTITIONS for key in rest} == set(range(PARTITIONS)) - mine
    while second.assignment() != set(range(PARTITIONS)):
        assert time.monotonic() < deadline + 60
        assert second.poll(0.2) == []  # what the leaver committed does not come again
    fill(bus, 400, 40)
    assert {key % PARTITIONS for key in keys(second, 40)} == set(range(PARTITIONS))
    second.close()


def test_a_slow_batch_keeps_its_partitions_by_keepalive(kafka: str) -> None:
    bus = connect(kafka)
    bus.ensure_topics(PARTITIONS)
    fill(bus, 0, 40)
    consumer = bus.consumer(RAW, group="slow")
    first = keys(consumer, 40)
    until = time.monotonic() + 9  # longer than the session's 6 s
    while time.monotonic() < until:
        consumer.keepalive()
        time.sleep(0.5)
    consumer.commit(dict.fromkeys(range(PARTITIONS), 10))
    assert len(first) == 40
    fill(bus, 40, 4)
    assert sorted(keys(consumer, 4)) == [40, 41, 42, 43]
    consumer.close()


def test_make_kafka_starts_one_says_where_and_stops_it(tmp_path: Path) -> None:
    folder = tmp_path / "kafka"

    def script(what: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "scripts" / "kafka.py"), what, "--folder", str(folder)]
        return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)

    started = script("start")
    if started.returncode:
        unavailable(started.stderr.strip())
    try:
        address = script("address").stdout.strip()
        assert address in started.stdout
        connect(address).ensure_topics(2)
        assert "ran already" in script("start").stdout
    finally:
        stopped = script("stop")
    assert stopped.stdout == "stopped\n"
    assert script("stop").stdout == "nothing to stop\n"
    assert script("address").returncode == 1
    with pytest.raises(BusUnavailable):
        open_bus(BrokerSettings(address=address, connect_timeout_s=1))
    assert script("start").returncode == 0  # with what it had
    try:
        assert connect(script("address").stdout.strip()).partitions(RAW) == 2
    finally:
        script("stop")
