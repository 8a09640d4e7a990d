"""The watchdog: a partition that is behind but gives nothing is noticed; a quiet or paused one is not."""

from __future__ import annotations

import pytest

from core.bus.base import RAW
from core.bus.memory import MemoryBus
from core.bus.watchdog import Watchdog
from core.clock import ManualClock
from core.errors import BusUnavailable
from tests.support.records import article


@pytest.fixture
def bus() -> MemoryBus:
    made = MemoryBus()
    made.ensure_topics(2)
    return made


def send(bus: MemoryBus, partition: int, count: int = 1) -> None:
    producer = bus.producer()
    for number in range(count):
        producer.send(RAW, article(number), key="k", partition=partition)
    producer.flush()


@pytest.mark.logs_errors
def test_a_partition_that_gives_nothing_though_it_is_behind_is_noticed(
    bus: MemoryBus, clock: ManualClock
) -> None:
    consumer = bus.consumer(RAW, partitions=[0, 1])
    dog = Watchdog(consumer, clock, after_s=60)
    send(bus, 0)
    send(bus, 1)
    for _ in range(2):
        clock.advance(61)
        seen = [record for record in consumer.poll(0) if record.partition == 0]  # the client lost partition 1
        send(bus, 0)
        if _ == 0:
            dog.observe(seen)
    with pytest.raises(BusUnavailable, match=r"\[1\]"):
        dog.observe(consumer.poll(0))


def test_a_quiet_partition_that_is_read_to_its_end_is_no_fault(bus: MemoryBus, clock: ManualClock) -> None:
    consumer = bus.consumer(RAW, partitions=[0, 1])
    dog = Watchdog(consumer, clock, after_s=60)
    send(bus, 0, 5)
    dog.observe(consumer.poll(0))
    for _ in range(10):
        clock.advance(61)
        dog.observe(consumer.poll(0))


def test_a_paused_partition_may_be_silent(bus: MemoryBus, clock: ManualClock) -> None:
    consumer = bus.consumer(RAW, partitions=[0, 1])
    dog = Watchdog(consumer, clock, after_s=60)
    send(bus, 1, 3)
    consumer.pause([1])
    for _ in range(5):
        clock.advance(61)
        dog.observe(consumer.poll(0), paused=[1])
