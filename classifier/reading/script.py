"""Which of the two languages a text is in, from its script alone: fast, and never wrong between these two."""

import re
from typing import Final

_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_OTHER: Final = re.compile(
    r"[\u0370-\u06ff\u0900-\u0dff\u0e00-\u0eff\u10a0-\u11ff\u3040-\u30ff\uac00-\ud7af\uff66-\uff9f]"
)
"""Greek, Cyrillic, Hebrew, Arabic, the scripts of India, Thai, Lao, Georgian, kana, hangul."""
OURS: Final = ("en", "zh")
OTHER_SHARE: Final = 0.2
_LATIN: Final = re.compile(r"[A-Za-z\u00c0-\u024f]")


def detect(text: str) -> str:
    """Return "zh" or "en". A Han character says about as much as three Latin letters.

    Text of neither script counts as English (the model's larger half); other languages are told apart by
    ingest, which knows more.

    >>> detect("苹果 Apple 发布 iPhone 17"), detect("Alibaba (阿里巴巴) beats forecasts"), detect("📈")
    ('zh', 'en', 'en')
    """
    head = text[:2000]
    return "zh" if 3 * len(_HAN.findall(head)) > len(_LATIN.findall(head)) else "en"


def foreign(text: str) -> bool:
    """Whether the text's script is neither of the two: the model was not taught it, so it abstains.

    >>> foreign("トヨタの利益が増加"), foreign("Прибыль выросла"), foreign("βeta of Apple"), foreign("贵州茅台涨停")
    (True, True, False, False)
    """
    head = text[:2000]
    other = len(_OTHER.findall(head))
    return other > OTHER_SHARE * (other + len(_HAN.findall(head)) + len(_LATIN.findall(head)))
