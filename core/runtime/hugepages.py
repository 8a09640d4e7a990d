"""Ask Linux to hold this process's memory in pages of 2 MB instead of 4 kB.

A desk keeps hundreds of megabytes of small objects and meets few of them twice in a row. In small pages the processor
then looks up not only the object but, first, where its page lies; in large ones it mostly knows. On machines that give
large pages only to who asks (`madvise`, as most distributions have it) that is a seventh of the desk's time
(bench/windows.py). Where they are switched off (`never`), where the kernel cannot (before 6.1), where /proc is hidden,
and elsewhere than on Linux nothing happens.
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
"""What Python takes memory in, since 3.10; the kernel joins neighbours that are asked for alike."""
_ADVISE, _COLLAPSE = 14, 25
GROWTH = 8
"""Asked again once an eighth more is resident: what came since is copied into large pages, once."""
MOST_S = 1.0
"""So long at a time, a gigabyte takes three: a desk that stood still for longer might lose its lease."""
_STEP = 1 << 25


class HugePages:
    """Asks at the first `tend`, and again as memory grows."""

    def __init__(self) -> None:
        self._next = 0
        self._from = 0
        """Where to go on; 0: it was asked for all."""
        self._advise = _libc() if _wanted() else None

    def tend(self) -> int:
        """Ask, if it is time to, or go on; returns how many bytes it was asked for."""
        if self._advise is None:
            return 0
        try:
            if not self._from:
                if (resident := _resident()) < self._next:
                    return 0
                self._next = resident + resident // GROWTH
                for start, end in _anonymous(_ARENA):
                    self._advise(start, end - start, _ADVISE)
            return self._collapse(self._advise)
        except OSError:  # a sandbox may hide /proc: no desk is to end of that
            self._advise = None
            return 0

    def _collapse(self, advise: ctypes._FuncPointer) -> int:
        until, asked = time.monotonic() + MOST_S, 0
        for start, end in _anonymous(_HUGE):
            last = end // _HUGE * _HUGE
            for first in range(max(-(-start // _HUGE) * _HUGE, self._from), last, _STEP):
                piece = min(_STEP, last - first)
                advise(first, piece, _COLLAPSE)  # what cannot be stays as it is
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
    """Writable memory of nobody else's and of no file, in pieces of `least` bytes or more."""
    for line in _MAPS.read_text().splitlines():
        where, rights, _, _, inode, *name = line.split(maxsplit=5)
        if rights != "rw-p" or inode != "0" or (name and name[0] != "[heap]"):
            continue
        start, end = (int(edge, 16) for edge in where.split("-"))
        if end - start >= least:
            yield start, end
