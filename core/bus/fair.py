"""Fair reading: each batch takes an equal share of every partition.

The client returns one partition's records until there are none, then the next one's. The watermark is the minimum over
partitions, so nothing could be decided until the last partition had been read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable

from core.bus.base import Received


class FairBuffer:
    """Fetched records by partition, in order. Its user bounds it: it stops fetching partitions that are `full`."""

    def __init__(self, full_at: int = 2_000) -> None:
        self._full_at = full_at
        self._queues: dict[int, deque[Received]] = {}

    def add(self, records: Iterable[Received]) -> None:
        """Append records to their partitions' queues."""
        for record in records:
            self._queues.setdefault(record.partition, deque()).append(record)

    def take(self, most: int, leave: Collection[int] = ()) -> list[Received]:
        """Remove and return at most `most` records, an equal share of each partition not in `leave`."""
        taken: list[Received] = []
        waiting = {p: queue for p, queue in sorted(self._queues.items()) if queue and p not in leave}
        while waiting and len(taken) < most:
            share = max(1, (most - len(taken)) // len(waiting))
            for partition, queue in list(waiting.items()):
                for _ in range(min(share, len(queue), most - len(taken))):
                    taken.append(queue.popleft())
                if not queue:
                    del waiting[partition]
        return taken

    def full(self) -> set[int]:
        """Partitions that hold `full_at` records or more."""
        return {partition for partition, queue in self._queues.items() if len(queue) >= self._full_at}

    def keep_only(self, partitions: Collection[int]) -> None:
        """Drop the records of all other partitions (after a rebalance)."""
        for partition in set(self._queues) - set(partitions):
            del self._queues[partition]

    def forget(self, partitions: Iterable[int]) -> None:
        """Drop the records of these partitions (before a seek)."""
        for partition in partitions:
            self._queues.pop(partition, None)

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))
