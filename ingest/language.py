"""The language of a text: what it says of itself, else quick certain signs, else a model (lingua).

Everything is kept, whatever its language; `""` means undecided.
"""

from __future__ import annotations

import re
from functools import lru_cache

_NAMES = {
    "english": "en", "eng": "en", "chinese": "zh", "zho": "zh", "chi": "zh", "cmn": "zh", "cn": "zh",
    "mandarin": "zh", "中文": "zh", "und": "", "unknown": "", "none": "", "nan": "", "null": "",
}  # fmt: skip
_WORD = re.compile(r"[a-z]+")
_ONLY_ENGLISH = frozenset(
    ("the", "of", "and", "with", "says", "said", "will", "has", "that", "from", "after", "its")
)
_ENGLISH = _ONLY_ENGLISH | frozenset(
    (
        "to",
        "in",
        "for",
        "on",
        "is",
        "are",
        "was",
        "as",
        "at",
        "by",
        "up",
        "down",
        "over",
        "not",
        "it",
        "be",
        "an",
        "a",
    )
)


@lru_cache(512)
def normal(tag: str) -> str:
    """`en-US`, `English`, `zh_CN` -> `en`, `en`, `zh`; "" for nothing known."""
    tag = tag.strip().lower()
    tag = _NAMES.get(tag, tag)
    base = tag.replace("_", "-").partition("-")[0]
    base = _NAMES.get(base, base)
    return base if base.isalpha() and base.isascii() and 2 <= len(base) <= 3 else ""


def quick(text: str) -> str:
    """zh, ja, ko or en where a look at the letters or the commonest words is certain enough; else "".

    >>> quick("央行宣布降准"), quick("Shares of the company fell"), quick("DAX fällt")
    ('zh', 'en', '')
    """
    sample = text[:400]
    if not sample.isascii():
        han = kana = hangul = 0
        for char in sample:
            if "\u4e00" <= char <= "\u9fff":
                han += 1
            elif "\u3040" <= char <= "\u30ff":
                kana += 1
            elif "\uac00" <= char <= "\ud7af":
                hangul += 1
        if han + kana + hangul >= max(1, len(sample) // 8):
            if kana > han // 10 and kana:
                return "ja"
            return "ko" if hangul > han else "zh"
    words = _WORD.findall(sample.lower())
    if len(words) >= 3:
        hits = [word for word in words if word in _ENGLISH]
        if len(hits) * 6 >= len(words) and any(word in _ONLY_ENGLISH for word in hits):
            return "en"
    return ""
