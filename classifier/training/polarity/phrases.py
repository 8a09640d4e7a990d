"""Texts made of a set phrase: how a company fares, said as headlines and posts say it, irony included."""

from random import Random
from typing import Any

from classifier.training.polarity import lexicon
from classifier.training.polarity.lexicon import Names
from classifier.training.polarity.rows import PolarityRow, read
from classifier.training.polarity.wording import subject


class Phrases:
    """Makes rows of one language and split."""

    def __init__(self, language: str, split: str, rng: Random) -> None:
        self._language, self._split, self._rng = language, split, rng
        self._names = Names(language, rng)
        self._table: dict[str, Any] = lexicon.table(f"phrases_{language}")

    def make(self, label: str) -> PolarityRow:
        """Return a row of the label."""
        where = self._rng.choice(("news", "post"))
        phrase = self._rng.choice(self._table[where][self._split][label])
        style = "post" if where == "post" else "headline"
        slots = subject(self._names, self._rng, style, self._language)
        text, roles = read(phrase.format_map(slots), (label,))
        register = "news" if where == "news" else ("social" if self._language == "en" else "forum")
        return PolarityRow(
            text, label, "phrase", self._language, self._split, style, register, "", phrase, None, roles
        )
