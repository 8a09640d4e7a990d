"""Ask Linux to back this process's memory with huge pages (2 MB) instead of 4 kB pages.

A desk keeps hundreds of megabytes of small objects and rarely touches the same one twice in a row, so with 4 kB pages
most accesses miss the TLB. Where huge pages are given on request (`madvise`, the default of most distributions) they
save a seventh of the desk's time (bench/windows.py). Nothing happens where they are disabled (`never`), where the
kernel lacks MADV_COLLAPSE (before 6.1), where /proc is hidden, and on other systems than Linux.
"""

from __future__ import annotations

import ctypes
import mmap
import time
from collections.abc import Iterator
from pathlib import Path

_ENABLED = Path("/sys/kernel/mm/transparent_hugepage/enabled")
_MAPS, _STATM = Path("/proc/self/maps"), Path("/proc/self/statm")
_HUGE = 1 << 21
_ARENA = 1 << 20
"""Size of Python's arenas since 3.10; the kernel merges neighbouring mappings with the same advice."""
_ADVISE, _COLLAPSE = 14, 25
GROWTH = 8
"""Repeated once resident memory has grown by an eighth: what was allocated since is then collapsed once."""
MOST_S = 1.0
"""Seconds per call (a gigabyte takes three in all): a longer pause could cost the desk its lease."""
_STEP = 1 << 25


class HugePages:
    """Collapses memory into huge pages at the first `advise`, and again as memory grows."""

    def __init__(self) -> None:
        self._next = 0
        self._from = 0
        """Address to continue at; 0: the whole memory was done."""
        self._madvise = _libc() if _wanted() else None

    def advise(self) -> int:
        """Collapse for at most MOST_S seconds, if due; returns the bytes advised (0: not due, or not possible)."""
        if self._madvise is None:
            return 0
        try:
            if not self._from:
                if (resident := _resident()) < self._next:
                    return 0
                self._next = resident + resident // GROWTH
                for start, end in _anonymous(_ARENA):
                    self._madvise(start, end - start, _ADVISE)
            return self._collapse(self._madvise)
        except OSError:  # a sandbox may hide /proc: go on without
            self._madvise = None
            return 0

    def _collapse(self, advise: ctypes._FuncPointer) -> int:
        until, asked = time.monotonic() + MOST_S, 0
        for start, end in _anonymous(_HUGE):
            last = end // _HUGE * _HUGE
            for first in range(max(-(-start // _HUGE) * _HUGE, self._from), last, _STEP):
                piece = min(_STEP, last - first)
                advise(first, piece, _COLLAPSE)  # best effort: an error leaves small pages
                asked += piece
                if time.monotonic() > until:
                    self._from = first + piece
                    return asked
        self._from = 0
        return asked


def _wanted() -> bool:
    try:
        return "[never]" not in _ENABLED.read_text()
    except OSError:
        return False


def _libc() -> ctypes._FuncPointer | None:
    try:
        advise = ctypes.CDLL(None).madvise
    except (OSError, AttributeError):
        return None
    advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return advise


def _resident() -> int:
    return int(_STATM.read_bytes().split()[1]) * mmap.PAGESIZE


def _anonymous(least: int) -> Iterator[tuple[int, int]]:
    """(start, end) of private writable anonymous mappings of at least `least` bytes."""
    for line in _MAPS.read_text().splitlines():
        where, rights, _, _, inode, *name = line.split(maxsplit=5)
        if rights != "rw-p" or inode != "0" or (name and name[0] != "[heap]"):
            continue
        start, end = (int(edge, 16) for edge in where.split("-"))
        if end - start >= least:
            yield start, end
