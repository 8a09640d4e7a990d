"""The mixture: rows of each kind, labels in balance, no text twice, nothing of the held-out words in training."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from random import Random
from typing import Final

from classifier.training.polarity import lexicon
from classifier.training.polarity.articles import Articles
from classifier.training.polarity.compounds import Compounds
from classifier.training.polarity.events import KINDS as FATES
from classifier.training.polarity.events import Events
from classifier.training.polarity.everyday import Everyday
from classifier.training.polarity.excluded import is_excluded
from classifier.training.polarity.filings import Filings
from classifier.training.polarity.phrases import Phrases
from classifier.training.polarity.quantities import KINDS as CHANGES
from classifier.training.polarity.quantities import Quantities
from classifier.training.polarity.relations import Relations
from classifier.training.polarity.rows import NEGATIVE, POSITIVE, SPLITS, PolarityRow

MIXTURE: Final = {
    "more": 0.13, "less": 0.15, "degree": 0.06, "actor": 0.04, "attempt": 0.03, "negated": 0.05,
    "persists": 0.02, "feared": 0.06,
    "expected": 0.06, "plain": 0.08, "figures": 0.12, "begins": 0.06, "ended": 0.06, "averted": 0.04, "denied": 0.06,
    "withdrawn": 0.05, "confirmed": 0.03, "continues": 0.03, "roles": 0.1, "compound": 0.06, "long": 0.03,
    "phrase": 0.06, "everyday": 0.06, "filing": 0.08, "market": 0.04,
}  # fmt: skip
"""Weight of each kind. `persists`: a quantity goes on falling; `continues`: an event does not end."""
_TRIES: Final = 40


def generate(language: str, count: int, seed: int, split: str = "train") -> list[PolarityRow]:
    """Return `count` different rows (fewer where a split's words are used up), the same for the same arguments.

    Raises ValueError for a language other than en and zh or a split other than train and held_out.
    """
    if language not in lexicon.LANGUAGES or split not in SPLITS:
        raise ValueError(
            f"language {language!r}, split {split!r}: expected en or zh, and {' or '.join(SPLITS)}"
        )
    rng = Random(f"{language}-{split}-{seed}")
    make = _makers(language, split, rng)
    seen: set[str] = set()
    rows: list[PolarityRow] = []
    for kind in _kinds(rng, count):
        label = rng.choice((NEGATIVE, POSITIVE))
        for _ in range(_TRIES):
            row = make(kind, label)
            if row.text in seen or is_excluded(row.text):
                continue
            if split == "held_out" or not holds_reserved(row.text, language):
                seen.add(row.text)
                rows.append(row)
                break
    return rows


def holds_reserved(text: str, language: str) -> bool:
    """Whether a held-out thing or verb stands in the text (in English: as whole words)."""
    return _reserved(language).search(text.lower()) is not None


@lru_cache(maxsize=2)
def _reserved(language: str) -> re.Pattern[str]:
    words = "|".join(re.escape(w.lower()) for w in sorted(lexicon.reserved(language), key=len, reverse=True))
    return re.compile(rf"\b(?:{words})\b" if language == "en" else f"(?:{words})")


def _kinds(rng: Random, count: int) -> Iterator[str]:
    names, weights = list(MIXTURE), list(MIXTURE.values())
    yield from rng.choices(names, weights, k=count)


def _makers(language: str, split: str, rng: Random) -> Callable[[str, str], PolarityRow]:
    quantities, events = Quantities(language, split, rng), Events(language, split, rng)

    others: dict[str, Relations | Compounds | Articles | Phrases | Everyday | Filings] = {
        "roles": Relations(language, split, rng),
        "compound": Compounds(language, split, rng),
        "long": Articles(language, split, rng),
        "filing": Filings(language, split, rng),
        "phrase": Phrases(language, split, rng),
        "everyday": Everyday(language, split, rng),
    }

    def make(kind: str, label: str) -> PolarityRow:
        if kind == "continues":
            return events.make("persists", label)
        if kind == "expected" and rng.random() < 0.25:
            return events.make("expected", label)
        if kind in others:
            return others[kind].make(label)
        if kind in CHANGES:
            return quantities.make(kind, label)
        assert kind in FATES
        return events.make(kind, label)

    return make
