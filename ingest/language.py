"""The language of a text: what it says of itself, else quick certain signs, else a model (lingua).

Everything is kept, whatever its language; `""` means undecided.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

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


def detect(text: str, hint: str = "") -> str:
    """The language of a live article: quick signs, else lingua, else the source's hint.

    lingua is asked among languages that news is likely to be in; "" only for a text without letters.
    """
    if found := quick(text):
        return found
    sample = text[:600]
    if not any(char.isalpha() for char in sample):
        return hint
    if sample.isascii() and sum(map(str.isalpha, sample)) < 25:
        return hint or "en"  # a ticker and a number: too little for any model
    detector = _detector()
    best = detector.compute_language_confidence_values(sample)[0]
    code = best.language.iso_code_639_1.name.lower()
    return code if best.value >= 0.5 or not hint else hint


@lru_cache(1)
def _detector() -> Any:
    from lingua import Language, LanguageDetectorBuilder

    likely = (
        "ENGLISH", "CHINESE", "JAPANESE", "KOREAN", "GERMAN", "FRENCH", "SPANISH", "PORTUGUESE", "ITALIAN", "DUTCH",
        "RUSSIAN", "ARABIC", "TURKISH", "INDONESIAN", "VIETNAMESE", "POLISH", "SWEDISH", "HINDI", "THAI",
    )  # fmt: skip
    chosen = [getattr(Language, name) for name in likely]
    return LanguageDetectorBuilder.from_languages(*chosen).with_low_accuracy_mode().build()
