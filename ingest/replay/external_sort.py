"""Sorting more than memory holds: runs on disk, then one merge.

Records are (key, value) bytes; keys compare as bytes. Runs are unnamed temporary files: a kill leaves nothing
behind. Iterating starts over each time.
"""

from __future__ import annotations

import heapq
import struct
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from core.errors import NewsquakeError

_HEAD = struct.Struct("<HI")
_OVERHEAD = 160
"""What a pair costs in memory beside its bytes."""


class ExternalSort:
    """Takes pairs in any order, gives them back sorted. `folder` holds the runs. One iteration at a time."""

    def __init__(self, folder: Path, memory_bytes: int = 16 << 20, fan_in: int = 96) -> None:
        self._folder, self._memory, self._fan_in = folder, memory_bytes, fan_in
        self._pairs: list[tuple[bytes, bytes]] = []
        self._size = 0
        self._runs: list[IO[bytes]] = []
        self._sorted = True
        self.count = 0

    def add(self, key: bytes, value: bytes) -> None:
        """Add one pair. Raises NewsquakeError when the folder is full or cannot be written."""
        self._pairs.append((key, value))
        self._sorted = False
        self.count += 1
        self._size += len(key) + len(value) + _OVERHEAD
        if self._size >= self._memory:
            self._pairs.sort()
            self._spill(self._pairs)
            self._pairs, self._size = [], 0

    def _spill(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        if len(self._runs) >= self._fan_in:  # one longer run in place of many: open files stay few
            runs, self._runs = self._runs, []
            self._write(heapq.merge(*map(_read, runs)))
            for run in runs:
                run.close()
        self._write(pairs)

    def _write(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            run = tempfile.TemporaryFile(dir=self._folder, buffering=64 * 1024)  # noqa: SIM115
            pack = _HEAD.pack
            for key, value in pairs:
                run.write(pack(len(key), len(value)) + key + value)
            run.flush()
        except OSError as error:
            raise NewsquakeError(
                f"{self._folder}: cannot hold what is being sorted: {error.strerror}"
            ) from error
        self._runs.append(run)

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        if not self._sorted:
            self._pairs.sort()
            self._sorted = True
        if not self._runs:
            return iter(self._pairs)
        return heapq.merge(*map(_read, self._runs), self._pairs)

    def close(self) -> None:
        """Delete the temporary files."""
        for run in self._runs:
            run.close()
        self._runs, self._pairs = [], []


def _read(run: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    run.seek(0)
    size, unpack, chunk, rest = _HEAD.size, _HEAD.unpack_from, 128 * 1024, b""
    while block := run.read(chunk):
        data = rest + block if rest else block
        at, end = 0, len(data)
        while at + size <= end:
            key_bytes, value_bytes = unpack(data, at)
            after = at + size + key_bytes + value_bytes
            if after > end:
                break
            middle = at + size + key_bytes
            yield data[at + size : middle], data[middle:after]
            at = after
        rest = data[at:]
