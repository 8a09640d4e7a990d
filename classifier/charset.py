"""Which encoding a file or a stream is written in, told from its first bytes; its lines as text.

UTF-8 unless a mark (BOM), zero bytes or the lines themselves say otherwise. A UTF-8 file with a few broken lines stays
UTF-8, and just those lines are told.
"""

import codecs
import io
import re
from collections.abc import Iterator
from typing import IO, Any, Final

from core.text.chinese import usual

HEAD_BYTES: Final = 1 << 18
"""So much of the beginning decides."""
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_HAN_RUN: Final = re.compile(r"[\u4e00-\u9fff]{2,}")
_OTHER: Final = re.compile(r"[^\x00-\x7f]")
_SIGNS: Final = frozenset("“”‘’‚„–—…•·€£¥¢§©®™°±²³¼½¾«»‹›´\u00a0".encode("cp1252"))
"""What an English text of Windows-1252 holds beside letters."""
_UNDECODED: Final = re.compile(r"[\udc80-\udcff]")
"""What Python makes of bytes that are not UTF-8, when asked to keep them."""


def undecoded(text: str) -> bool:
    """Whether `text` holds bytes that fit no encoding we know."""
    return bool(_UNDECODED.search(text))


def encoding(head: bytes) -> str:
    """The encoding of what begins with `head`.

    >>> encoding("1,贵州茅台涨停".encode("gbk")), encoding("Nestlé up".encode("cp1252")), encoding(b"up")
    ('gb18030', 'cp1252', 'utf-8')
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if head[:200].count(0) > len(head[:200]) // 4:
        return "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
    lines = head.split(b"\n")
    if len(head) >= HEAD_BYTES:
        lines = lines[:-1] or lines  # the last one is cut somewhere
    strange = [line for line in lines if not line.isascii()]
    broken = [line for line in strange if not _is(line, "utf-8")]
    if 2 * len(broken) <= len(strange):
        return "utf-8"
    sample = b"\n".join(broken)
    read = {name: sample.decode(name, "replace") for name in ("gb18030", "big5hkscs")}
    chinese = {name: _usual(text) for name, text in read.items() if _chinese(text)}
    if chinese:  # each reads most of the other's bytes, as characters that hardly anybody writes
        return max(chinese, key=chinese.__getitem__)
    return "cp1252" if _western(sample) else "utf-8"


def _western(sample: bytes) -> bool:
    """Whether it is Windows-1252 by the look of it: letters with accents are rare, quotes and the like less so."""
    other = sum(byte >= 0x80 for byte in sample)
    signs = sum(byte in _SIGNS for byte in sample)
    letters = sum(byte >= 0xC0 for byte in sample)
    few = 8 * (other - signs) < len(sample) and 2 * other < len(sample)
    return few and bool(letters or signs) and _is(sample, "cp1252")


def _usual(text: str) -> float:
    """The share of its Han characters that are usual ones."""
    han = "".join(_HAN_RUN.findall(text))
    return sum(char in usual() for char in han) / len(han)


def _is(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _chinese(text: str) -> bool:
    """Whether a decoding makes sense: Han characters in runs. Accents of Latin letters become single ones."""
    other = len(_OTHER.findall(text))
    return sum(map(len, _HAN_RUN.findall(text))) * 2 > other and text.count("\ufffd") * 50 <= other


class Begun(io.RawIOBase):
    """A stream whose first bytes were taken to look at: reads them again, then the rest."""

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


def lines(head: bytes, rest: IO[bytes], *, newline: str | None = None) -> Iterator[str]:
    """The lines of a stream whose `head` was read already, with their ends.

    `newline` as `open` takes it; None: a line feed alone ends a line (where there is none, a carriage return).

    Bytes that are not UTF-8 are kept as surrogates (`undecoded` finds them); of other encodings they are replaced.
    """
    name = encoding(head)
    if newline is None:
        newline = "\r" if b"\r" in head and b"\n" not in head else "\n"
    keep = "surrogateescape" if name.startswith("utf-8") else "replace"
    return iter(io.TextIOWrapper(io.BufferedReader(Begun(head, rest)), name, keep, newline=newline))
