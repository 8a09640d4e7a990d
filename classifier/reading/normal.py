"""The normal form in which the encoder reads a text, the same for training and serving.

Never changes what a person sees; only what is tokenised. A link becomes the word "http" (that a post has one
is a signal, where it leads is not, and it costs fifteen pieces); a wire's capitals become small letters, since
the vocabulary knows few words in capitals (1987's headlines would take twice the pieces and mean half); traditional
characters become simplified ones, which is what the Chinese sets it learned from are written in.
"""

import re
import unicodedata
from typing import Final

from core.text.chinese import simplified

_LINK: Final = re.compile(r"(?:https?://|www\.)\S+", re.ASCII)
_SPACE: Final = re.compile(r"\s+")
_DROP: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060\ufeff\ufffd]")
_QUESTION: Final = re.compile(r"\?{3,}")
_UPPER: Final = re.compile(r"[A-Z]")
_LOWER: Final = re.compile(r"[a-z]")
SHOUT_SHARE: Final = 0.7
"""From this share of capitals among ASCII letters (and at least 12 of them) a text counts as all capitals."""


def replace_surrogates(text: str) -> str:
    """`text` with lone surrogates replaced by `?` (JSON can carry them, UTF-8 cannot)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def normal(text: str) -> str:
    """`text` as the encoder reads it: NFKC, simplified, links folded, controls dropped, all-capitals lowered.

    >>> normal("FED SETS TWO BILLION DLR REPURCHASE")
    'fed sets two billion dlr repurchase'
    >>> normal("Profit up https://t.co/x9 https://t.co/y")
    'Profit up http http'
    """
    text = simplified(unicodedata.normalize("NFKC", text))
    text = _LINK.sub("http", text)
    text = _DROP.sub(" ", text)
    text = _QUESTION.sub("??", text)
    text = _SPACE.sub(" ", text).strip()
    upper = len(_UPPER.findall(text))
    if upper >= 12 and upper >= SHOUT_SHARE * (upper + len(_LOWER.findall(text))):
        return text.lower()
    return text
