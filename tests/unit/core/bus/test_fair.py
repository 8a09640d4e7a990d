"""The fair buffer: a like share of every partition, order kept, nothing lost."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from core.bus.base import Received
from core.bus.fair import FairBuffer


def records(partition: int, count: int, first: int = 0) -> list[Received]:
    return [Received("t", partition, first + n, None, b"", "") for n in range(count)]


def test_one_full_partition_does_not_starve_the_others() -> None:
    buffer = FairBuffer()
    buffer.add(records(0, 1_000) + records(1, 10) + records(2, 1_000))
    counts = Counter(record.partition for record in buffer.take(300))
    assert counts == {0: 145, 1: 10, 2: 145}


@given(st.lists(st.integers(0, 30), min_size=1, max_size=5), st.integers(1, 25))
def test_everything_comes_once_and_in_order(sizes: list[int], most: int) -> None:
    buffer = FairBuffer()
    for partition, size in enumerate(sizes):
        buffer.add(records(partition, size))
    out: list[Received] = []
    while len(buffer):
        batch = buffer.take(most)
        assert 0 < len(batch) <= most
        out += batch
    for partition, size in enumerate(sizes):
        assert [record.offset for record in out if record.partition == partition] == list(range(size))


def test_what_is_held_back_stays_and_what_was_taken_away_is_forgotten() -> None:
    buffer = FairBuffer(full_at=5)
    buffer.add(records(0, 5) + records(1, 2))
    assert buffer.full() == {0}
    assert {record.partition for record in buffer.take(10, leave=[0])} == {1}
    buffer.keep_only([1])
    assert len(buffer) == 0
    buffer.add(records(1, 3))
    buffer.forget([1])
    assert buffer.take(10) == []
