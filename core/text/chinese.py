"""Traditional Chinese converted to simplified, for matching and scoring only; stored and shown text is unchanged.

Character by character (OpenCC's t2s table), so that places in the text stay where they were. What simplified
writing merges (髮 and 發 are both 发) is merged here too; words that differ between regions (軟體, 软件) stay.
"""

import re
from functools import lru_cache

_BLOCKS = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xF900, 0xFB00))


def simplified(text: str) -> str:
    """Return `text` with traditional characters replaced by simplified ones; the length does not change.

    >>> simplified("台積電與騰訊"), simplified("Apple 發布 iPhone"), simplified("腾讯")
    ('台积电与腾讯', 'Apple 发布 iPhone', '腾讯')
    """
    if text.isascii():
        return text
    table, some = _table()
    return text.translate(table) if some.search(text) else text


@lru_cache(1)
def _table() -> tuple[dict[int, str], re.Pattern[str]]:
    """{code point: simplified character}, and what finds the first character that it changes."""
    from opencc import OpenCC

    characters = [chr(code) for block in _BLOCKS for code in block]
    pairs = zip(characters, OpenCC("t2s").convert("\n".join(characters)).split("\n"), strict=True)
    table = {ord(a): b for a, b in pairs if a != b and len(b) == 1}
    return table, re.compile(f"[{''.join(map(chr, table))}]")


def charset_rows(codec: str, first: int, last: int) -> frozenset[str]:
    """Return the characters in some rows of a double-byte charset. `first`, `last`: lead bytes, both included."""
    cells = (bytes((lead, trail)) for lead in range(first, last + 1) for trail in range(0x40, 0xFF))
    return frozenset("".join(cell.decode(codec, "ignore") for cell in cells))


@lru_cache(1)
def common_characters() -> frozenset[str]:
    """Return the characters that nearly all Chinese text consists of: level 1 of GB 2312 and of Big5."""
    return charset_rows("gb2312", 0xB0, 0xD7) | charset_rows("big5", 0xA4, 0xC6)
