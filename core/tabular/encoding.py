"""Which encoding a table is written in, by its first bytes.

Byte-order marks and zero bytes are certain. Beyond that readers ask for different things, which an `EncodingRule` says:
one that replaces broken bytes judges the text as a whole (WHOLE_TEXT), one that reports each broken line judges by
lines (BY_LINES), so that a UTF-8 file with a few broken lines stays UTF-8.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.text.charsets import SURE, east_asian, mostly_utf8
from core.text.chinese import common_characters

HEAD_BYTES: Final = 1 << 18
"""So much of the beginning decides."""
BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
"""(bytes, codec), the longer of two that begin alike first."""
_HAN_RUN: Final = re.compile(r"[\u4e00-\u9fff]{2,}")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_SIGNS: Final = frozenset("“”‘’‚„–—…•·€£¥¢§©®™°±²³¼½¾«»‹›´\u00a0".encode("cp1252"))
"""What an English text of Windows-1252 holds beside letters."""


@dataclass(frozen=True)
class EncodingRule:
    """How text without a mark is judged."""

    legacy: Callable[[bytes], str]
    """legacy(head): the charset of what is not UTF-8, or "" for UTF-8 all the same."""


def detect_encoding(head: bytes, rule: EncodingRule) -> str:
    """Return the codec of a table that begins with `head` (HEAD_BYTES of it, or all). Never raises.

    >>> detect_encoding("1,贵州茅台涨停".encode("gbk"), BY_LINES), detect_encoding(b"up", WHOLE_TEXT)
    ('gb18030', 'utf-8')
    """
    return marked_encoding(head) or rule.legacy(head) or "utf-8"


def marked_encoding(head: bytes) -> str:
    """Return the codec that a byte-order mark or zero bytes (UTF-16 without a mark) show, "" for neither."""
    for mark, name in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return name
    if head[:200].count(0) > len(head[:200]) // 4:
        return "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
    return ""


def _legacy_of_text(head: bytes) -> str:
    """An East Asian charset that the text as a whole is in (GB18030, Big5, Shift-JIS, EUC), for certain; else ""."""
    if any(
        _decodes(head[: len(head) - cut], "utf-8") for cut in range(4)
    ):  # the head may end within a character
        return ""
    if mostly_utf8(head):
        return ""
    name, sure = east_asian(head)
    return name if sure >= SURE else ""


def _legacy_of_lines(head: bytes) -> str:
    """The Chinese charset or Windows-1252 that most of the lines which are not ASCII are in; else ""."""
    lines = head.split(b"\n")
    if len(head) >= HEAD_BYTES:
        lines = lines[:-1] or lines  # the last one is cut somewhere
    telling = [line for line in lines if not line.isascii()]
    broken = [line for line in telling if not _decodes(line, "utf-8")]
    if 2 * len(broken) <= len(telling):
        return ""
    sample = b"\n".join(broken)
    read = {name: sample.decode(name, "replace") for name in ("gb18030", "big5hkscs")}
    chinese = {name: _usual_share(text) for name, text in read.items() if _is_chinese(text)}
    if chinese:  # each reads most of the other's bytes, as characters that hardly anybody writes
        return max(chinese, key=chinese.__getitem__)
    return "cp1252" if _is_western(sample) else ""


WHOLE_TEXT: Final = EncodingRule(_legacy_of_text)
"""For readers that replace broken bytes: East Asian charsets, where the whole text reads as usual in one of them."""
BY_LINES: Final = EncodingRule(_legacy_of_lines)
"""For readers that report broken lines: Chinese charsets and Windows-1252, where most lines are in one of them."""


def _is_western(sample: bytes) -> bool:
    """Whether it looks like Windows-1252: letters with accents are rare, quotes and the like less so."""
    other = sum(byte >= 0x80 for byte in sample)
    signs = sum(byte in _SIGNS for byte in sample)
    accented = sum(byte >= 0xC0 for byte in sample)
    few = 8 * (other - signs) < len(sample) and 2 * other < len(sample)
    return few and bool(accented or signs) and _decodes(sample, "cp1252")


def _usual_share(text: str) -> float:
    """The share of its Han characters that are in common use."""
    han = "".join(_HAN_RUN.findall(text))
    return sum(char in common_characters() for char in han) / len(han)


def _decodes(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(text: str) -> bool:
    """Whether a decoding makes sense: Han characters in runs. Accents of Latin letters become single ones."""
    other = len(_NOT_ASCII.findall(text))
    return sum(map(len, _HAN_RUN.findall(text))) * 2 > other and text.count("\ufffd") * 50 <= other
