"""Texts about two companies: who does what to whom, and what it means for each."""

from random import Random
from typing import Any

from classifier.training.polarity import lexicon
from classifier.training.polarity.lexicon import Names
from classifier.training.polarity.rows import NEUTRAL, PolarityRow, marked, read
from classifier.training.polarity.wording import genitive


class Relations:
    """Makes rows of one language and split."""

    def __init__(self, language: str, split: str, rng: Random) -> None:
        self._language, self._split, self._rng = language, split, rng
        self._names = Names(language, rng)
        self._table: dict[str, list[Any]] = lexicon.table(f"relations_{language}")[split]

    def make(self, label: str) -> PolarityRow:
        """Return a row whose second company has the label, or a neutral one now and then."""
        fit = [v for v, entry in self._table.items() if entry[1] in (label, NEUTRAL)]
        verb = self._rng.choice(fit)
        first, second, wordings, *flags = self._table[verb]
        sector = (self._names.sector(),)
        a = self._names.broker() if flags else self._names.company(sector)[0]
        b = self._names.company(sector)[0]
        while b == a:
            b = self._names.company(sector)[0]
        slots = {"A": marked(a), "B": marked(b, 1)}
        slots |= {"As": genitive(slots["A"]), "Bs": genitive(slots["B"])}
        wording = self._rng.choice(wordings)
        text, roles = read(wording.format_map(slots), (first, second))
        style = "sentence" if wording.endswith((".", "。")) else "headline"
        return PolarityRow(
            text,
            overall(first, second),
            "roles",
            self._language,
            self._split,
            style,
            "news",
            "",
            verb,
            None,
            roles,
        )


def overall(first: str, second: str) -> str | None:
    """Return the text's label: that of both, or of the one that is not neutral; None where they contradict."""
    if first == second:
        return first
    if NEUTRAL in (first, second):
        return first if second == NEUTRAL else second
    return None
