"""Sorting on disk gives what sorting in memory gives."""

import random
from pathlib import Path

from ingest.replay.external_sort import ExternalSort


def test_runs_on_disk_merge_into_one_order(tmp_path: Path) -> None:
    rng = random.Random(7)
    pairs = [(rng.randbytes(12), rng.randbytes(rng.randrange(0, 3000))) for _ in range(3000)]
    sorter = ExternalSort(tmp_path, memory_bytes=50_000, fan_in=5)
    for key, value in pairs:
        sorter.add(key, value)
    assert sorter.count == 3000
    assert list(sorter) == sorted(pairs)
    assert list(sorter) == sorted(pairs), "iterating again starts over"
    assert list(tmp_path.iterdir()) == [], "a kill would leave nothing behind"
    sorter.close()


def test_value_larger_than_the_read_buffer_survives(tmp_path: Path) -> None:
    sorter = ExternalSort(tmp_path, memory_bytes=1000)
    big = bytes(range(256)) * 4000
    for key in (b"b", b"a", b"c"):
        sorter.add(key, big)
    assert [key for key, _ in sorter] == [b"a", b"b", b"c"]
    assert all(value == big for _, value in sorter)
