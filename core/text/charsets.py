"""Which charset bytes are in, when nothing says it or what is said does not hold: by how usual the text would be.

East Asian charsets read almost any bytes as some characters; the right one reads them as those that people use. The
single-byte ones of Europe are told by alphabets: wrongly read, a word has letters from several.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from core.text.chinese import charset_rows
from core.text.chinese import common_characters as chinese_characters

_SAMPLE = 32_000
_MARKUP = re.compile(rb"([\x00-\x7f])[\x00-\x7f]{20,}")
"""A stretch that says nothing; its first byte may be the second half of a character."""
_ENOUGH = 0.6
"""Of the characters that a wrong reading would show, so many are usual; a wrong one has about half."""
SURE = 0.9
_FEW = 4
_KANA = frozenset(map(chr, (*range(0x3041, 0x3097), *range(0x30A1, 0x30FD), 0x3005)))
_NEUTRAL = re.compile(
    "[\\x00-\\x7f\u00a0-\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u22ff\u2460-\u26ff\u3000-\u3004\u3006-\u303f\u30fb"
    "\uff00-\uff60\uffe0-\uffe6]+"
)
"""Signs that every charset has: they speak for none."""


def sample_of(data: bytes) -> bytes:
    """Return the first 32 kB of the bytes without stretches of ASCII (markup), which say nothing of the charset."""
    return _MARKUP.sub(rb"\1 ", data)[:_SAMPLE]


@lru_cache(1)
def _usual() -> dict[str, frozenset[str]]:
    """Per charset the characters that make up its texts: the first level of each standard, by frequency of use."""
    chinese = chinese_characters()
    japanese = _KANA | charset_rows("euc_jp", 0xB0, 0xCF)
    korean = charset_rows("euc_kr", 0xB0, 0xC8)
    return {
        "gb18030": chinese, "big5hkscs": chinese, "cp932": japanese, "euc_jp": japanese, "cp949": korean,
    }  # fmt: skip


def usual(text: str, name: str) -> float:
    """Return the share (0 to 1) of the text's own characters in common use where the charset `name` is used.

    0.0 where there are none, or where Japanese has no kana.

    >>> usual("央行降准", "gb18030"), usual("婦俴蔥袧", "gb18030")
    (1.0, 0.5)
    """
    known = _usual()[name]
    telling = _NEUTRAL.sub("", text)[:_SAMPLE]
    if not telling or (
        name in ("cp932", "euc_jp") and sum(char in _KANA for char in telling) * 10 < len(telling)
    ):
        return 0.0
    return sum(char in known for char in telling) / len(telling)


def _is_korean(text: str) -> bool:
    """Hangul stand where the first half of the Chinese standard does; Korean has spaces, and of few signs many."""
    telling = _NEUTRAL.sub("", text)
    return len(set(telling)) >= 12 and len(re.findall("[\uac00-\ud7a3] [\uac00-\ud7a3]", text)) * 12 >= len(
        telling
    )


def mostly_utf8(data: bytes) -> bool:
    """Return whether the bytes are UTF-8, broken in a few places at most."""
    text = data.decode("utf-8", "replace")
    return text.count("\ufffd") * 20 <= sum(char > "\x7f" for char in text)


def east_asian(data: bytes) -> tuple[str, float]:
    """Return (charset, confidence from 0 to 1); ("", 0.0) where no East Asian one reads it as usual text."""
    best, sample = ("", 0.0), sample_of(data)
    for name in _usual():
        text = sample.decode(name, "replace")
        other = sum(char > "\x7f" for char in text)
        if not other or text.count("\ufffd") * 100 > other + 100:  # the sample may end within a character
            continue
        score = usual(text, name)
        if len(set(_NEUTRAL.sub("", text))) < _FEW:
            score = min(score, SURE - 0.1)  # chance alone may make them usual
        if score > best[1] or (name == "cp949" and score >= 0.98 and _is_korean(text)):
            best = (name, score)
    return best if best[1] >= _ENOUGH else ("", 0.0)


_ALPHABETS = {
    "cp1252": ("äöüß", "àâæçèéêëîïôœùûüÿ", "áéíñóúü", "àáâãçéêíóôõúü", "àèéìíîòóùú", "åäöé", "åæøéèêóòâô", "ëïéèáóüö",
               "áðéíóúýþæö"),
    "cp1250": ("áčďéěíňóřšťúůýž", "ąćęłńóśźż", "áéíóöőúüű", "áäčďéíĺľňóôŕšťúýž", "čćđšž", "ăâîșşțţ"),
    "iso8859_2": ("áčďéěíňóřšťúůýž", "ąćęłńóśźż", "áéíóöőúüű", "áäčďéíĺľňóôŕšťúýž", "čćđšž", "ăâîșşțţ"),
    "cp1254": ("çğıİöşüâîû",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"),
}  # fmt: skip
_SIGNS = re.compile("[\x00-\x7f\xa0«»©®°§£·¡¿ªº‐-⁯€™]+")
"""What a European text may hold beside letters; other signs stand where another charset has letters."""
_SCRIPTS = {
    "cp1251": "CYRILLIC", "koi8-r": "CYRILLIC", "koi8-u": "CYRILLIC", "iso8859-5": "CYRILLIC", "cp866": "CYRILLIC",
    "cp1253": "GREEK", "iso8859-7": "GREEK", "cp1255": "HEBREW", "iso8859-8": "HEBREW", "cp1256": "ARABIC",
    "iso8859-6": "ARABIC", "cp874": "THAI", "tis-620": "THAI", "iso8859-11": "THAI",
}  # fmt: skip


def european_charset(data: bytes) -> str:
    """Return the single-byte charset in which all letters of the bytes are of one language; "" for none."""
    sample = sample_of(data)
    for name, alphabets in _ALPHABETS.items():
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        letters = set(_SIGNS.sub("", text).lower())
        if letters and any(letters <= set(alphabet) for alphabet in alphabets):
            return name
    return ""


def in_script(text: str, name: str) -> bool:
    """Return whether a text decoded from the single-byte charset `name` is in the script that charset is for."""
    script = _SCRIPTS.get(name)
    telling = _NEUTRAL.sub("", text)[:_SAMPLE]
    if script is None or not telling:
        return False
    known = [char for char in telling if unicodedata.name(char, "").startswith(script)]
    # Another charset of the same script would show capitals for small letters.
    small, capital = (sum(test(char) for char in known) for test in (str.islower, str.isupper))
    return len(known) * 10 >= len(telling) * 9 and small >= 2 * capital
