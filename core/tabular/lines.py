"""Lines of text out of a stream of bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import IO, Any, Final

from core.tabular.encoding import BY_LINES, detect_encoding

_UNDECODED: Final = re.compile(r"[\udc80-\udcff]")
"""What Python makes of bytes that are not UTF-8, when asked to keep them."""


def undecoded(text: str) -> bool:
    """Return whether `text` holds undecodable bytes, which `text_lines` keeps as surrogates."""
    return bool(_UNDECODED.search(text))


def text_lines(head: bytes, rest: IO[bytes], *, newline: str | None = None) -> Iterator[str]:
    """Return the lines, with their ends, of a stream whose first bytes (`head`) were read already.

    `newline` is as `open` takes it; None: a line feed alone ends a line (where there is none, a carriage return).
    Bytes that are not UTF-8 are kept as surrogates, which `undecoded` finds; of other encodings they are replaced.
    """
    name = detect_encoding(head, BY_LINES)
    if newline is None:
        newline = "\r" if b"\r" in head and b"\n" not in head else "\n"
    keep = "surrogateescape" if name.startswith("utf-8") else "replace"
    return iter(io.TextIOWrapper(io.BufferedReader(_Rejoined(head, rest)), name, keep, newline=newline))


def bounded_lines(readline: Callable[[int], Any], limit: int) -> Iterator[tuple[Any, bool]]:
    """Yield (line, whether it was cut) until `readline(limit)` returns nothing: a line with its end, bytes or text.

    A longer line is cut to `limit` bytes (characters of text), and its rest is skipped.
    """
    while line := readline(limit):
        cut = len(line) >= limit and line[-1:] not in (b"\n", "\n")
        if cut:
            while (rest := readline(limit)) and rest[-1:] not in (b"\n", "\n"):
                pass
        yield line, cut


class _Rejoined(io.RawIOBase):
    """A stream whose first bytes were read already: reads them again, then the rest."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._head:
            self._head = self._rest.read(len(buffer))
        taken = self._head[: len(buffer)]
        self._head = self._head[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)
