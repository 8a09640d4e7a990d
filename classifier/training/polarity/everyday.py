"""Texts without finance, neutral and of the topic `general`: what is drawn to no other topic must be shown."""

import re
from random import Random
from typing import Any, Final

from classifier.training.polarity import lexicon
from classifier.training.polarity.rows import NEUTRAL, PolarityRow, read

_SLOT: Final = re.compile(r"\{(\w+)\}")
_HELD_OUT: Final = 3
"""Every third wording is held out."""


class Everyday:
    """Makes rows of one language and split."""

    def __init__(self, language: str, split: str, rng: Random) -> None:
        self._language, self._split, self._rng = language, split, rng
        table: dict[str, Any] = lexicon.table(f"everyday_{language}")
        self._slots = table["slots"]
        self._wordings = {
            kind: [
                w for i, w in enumerate(wordings) if (i % _HELD_OUT == _HELD_OUT - 1) == (split == "held_out")
            ]
            for kind, wordings in table["wordings"].items()
        }

    def make(self, label: str) -> PolarityRow:
        """Return a neutral row whatever the label."""
        kind = self._rng.choice(list(self._wordings))
        wording = self._rng.choice(self._wordings[kind])
        text, _ = read(_SLOT.sub(lambda m: str(self._rng.choice(self._slots[m[1]])), wording), ())
        if kind == "slang":
            text = text[0].lower() + text[1:]
        style = "post" if kind == "slang" else "headline"
        register = "news" if kind != "slang" else ("social" if self._language == "en" else "forum")
        return PolarityRow(
            text, NEUTRAL, "everyday", self._language, self._split, style, register, kind, topics=("general",)
        )
