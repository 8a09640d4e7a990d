"""Takes from all partitions alike.

The client hands out one partition's records until there are none, then the next one's. The watermark is the minimum
over partitions, so nothing could be decided until the last partition had its turn; a batch takes a like share of each.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable

from core.bus.base import Received


class FairBuffer:
    """Records by partition, in order; bounded by its user, who stops fetching what is `full`."""

    def __init__(self, full_at: int = 2_000) -> None:
        self._full_at = full_at
        self._queues: dict[int, deque[Received]] = {}

    def add(self, records: Iterable[Received]) -> None:
        """Behind what is there."""
        for record in records:
            self._queues.setdefault(record.partition, deque()).append(record)

    def take(self, most: int, leave: Collection[int] = ()) -> list[Received]:
        """At most `most` records, a like share from each partition but those to `leave`."""
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
        """Partitions that hold enough."""
        return {partition for partition, queue in self._queues.items() if len(queue) >= self._full_at}

    def keep_only(self, partitions: Collection[int]) -> None:
        """Forget the others: they were taken away."""
        for partition in set(self._queues) - set(partitions):
            del self._queues[partition]

    def forget(self, partitions: Iterable[int]) -> None:
        """Forget these: the reader goes on elsewhere."""
        for partition in partitions:
            self._queues.pop(partition, None)

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))
