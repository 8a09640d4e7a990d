"""Texts of two parts that may contradict each other: results, guidance, the price of the share."""

from random import Random
from typing import Any, Final

from classifier.training.polarity import lexicon
from classifier.training.polarity.lexicon import Names
from classifier.training.polarity.rows import NEGATIVE, POSITIVE, PolarityRow, read
from classifier.training.polarity.wording import subject

ORDER: Final = ("result", "guidance", "price")
"""The later part of a pair in this order has the last word: what a company expects says more than what it has
earned, and the market's answer more than both."""


class Compounds:
    """Makes rows of one language and split."""

    def __init__(self, language: str, split: str, rng: Random) -> None:
        self._language, self._split, self._rng = language, split, rng
        self._names = Names(language, rng)
        self._table: dict[str, Any] = lexicon.table(f"compounds_{language}")

    def make(self, label: str) -> PolarityRow:
        """Return a row whose decisive part has the label; in seven of ten the other part has the opposite one."""
        rng = self._rng
        first, last = sorted(rng.sample(range(len(ORDER)), 2))
        other = rng.choices((POSITIVE, NEGATIVE), (7, 3) if label == NEGATIVE else (3, 7))[0]
        parts = self._table["parts"][self._split]
        a, b = rng.choice(parts[ORDER[first]][other]), rng.choice(parts[ORDER[last]][label])
        joins = [j for j in self._table["joins"] if label != other or not _contrasts(j)]
        wording = rng.choice(joins + (self._table["news"] if last == 2 else []))
        style = "post" if "{tag}" in wording else "headline"
        slots = subject(self._names, rng, style, self._language) | {"a": a, "b": b}
        text, roles = read(wording.format_map(slots), (label,))
        register = "social" if style == "post" and self._language == "en" else "news"
        return PolarityRow(
            text, label, "compound", self._language, self._split, style, register, a, b, None, roles
        )


def _contrasts(join: str) -> bool:
    return any(word in join for word in ("but", "yet", "though", "anyway", "但", "虽然", "尽管", "不过"))
