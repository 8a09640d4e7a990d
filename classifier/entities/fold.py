"""One way of writing for the linker: what differs only in type (L’Oréal, ＩＢＭ, AT&amp;T) is the same name.

`folded` keeps the length, so that places found in it are places of the text; `bare` does not, and is applied before.
"""

import html
import re
import unicodedata
from functools import lru_cache
from typing import Final

from core.text.chinese import simplified

_UNSEEN: Final = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_ESCAPED: Final = re.compile(r"&(?:amp|apos|quot|lt|gt|nbsp|#39|#x27|#8217|#038|rsquo);")
_LIKE: Final = {
    **dict.fromkeys("\u2018\u2019\u02bc\u2032`\u00b4", "'"),
    **dict.fromkeys("\u201c\u201d", '"'),
    **dict.fromkeys("\u2010\u2011", "-"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2009\u202f\u3000", " "),
    "【": "[", "】": "]", "〔": "[", "〕": "]",
}  # fmt: skip


def bare(text: str) -> str:
    """Return `text` without zero-width characters, its HTML escapes read.

    >>> bare("AT&amp;T and Tes\u200bla")
    'AT&T and Tesla'
    """
    if "&" in text and _ESCAPED.search(text):
        text = _ESCAPED.sub(lambda m: html.unescape(m[0]), text)
    return text if text.isascii() else _UNSEEN.sub("", text)


def folded(text: str) -> str:
    """Return `text`, as long as before: full-width, curly and accented characters plain, Chinese simplified.

    >>> folded("McDonald’s"), folded("ＩＢＭ（６００５１９）"), folded("L’Oréal"), folded("台積電")
    ("McDonald's", 'IBM(600519)', "L'Oreal", '台积电')
    """
    return text if text.isascii() else simplified(text).translate(_table())


@lru_cache(1)
def _table() -> dict[int, str]:
    """{code point: the one character that it is written as}."""
    table = {ord(a): b for a, b in _LIKE.items()}
    table |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    for code in range(0xC0, 0x250):
        plain = unicodedata.normalize("NFD", chr(code))[0]
        if plain.isascii() and plain.isalpha():
            table[code] = plain
    return table
