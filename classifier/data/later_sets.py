"""Sets that came after the sides of corpus.py were fixed: a hash of the text says the side, so no older side moves.

A text that is a near-duplicate of one in an older set is left out: it could stand in training there and be measured
on here.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from classifier.data import splits
from classifier.data.corpus import NEGATIVE, NEUTRAL, NONE, POSITIVE, Example
from classifier.labels import STANCES
from classifier.reading.normal import normal

_CLASS = {"negative": NEGATIVE, "neutral": NEUTRAL, "positive": POSITIVE}
Bounds = tuple[tuple[str, float], ...]
"""(side, upper bound of the text's share), in ascending order, the last one 1."""
USUAL: Bounds = (("test", 0.12), ("dev", 0.20), ("train", 1.0))
HALF_TO_TRAIN: Bounds = (("test", 0.30), ("dev", 0.50), ("train", 1.0))
"""The half that is not trained on is split once more: dev for calibration, test to report."""
NEVER_TRAINED: Bounds = (("test", 0.5), ("dev", 1.0))


def _finentity(folder: Path) -> Iterator[Example]:
    for row in pd.read_parquet(folder / "sentiment/en_finentity.parquet").itertuples():
        text = normal(row.text)
        example = Example("finentity", text, 0, "en")
        for entity in row.entities:
            name = normal(entity["name"])
            # Places are of the raw text; where normal() moved it, the first mention stands for them.
            start = entity["start"] if text[entity["start"] : entity["end"]] == name else text.find(name)
            if start >= 0:
                example.spans.append((start, start + len(name), _CLASS[entity["label"]]))
        labels = {label for _, _, label in example.spans}
        if len(example.spans) == 1:
            example.sentiment = next(iter(labels))
        example.stratum = "mixed" if len(labels) > 1 else str(min(labels, default=NONE))
        yield example


def _fomc(folder: Path) -> Iterator[Example]:
    for row in pd.read_parquet(folder / "sentiment/en_fomc.parquet").itertuples():
        stance = STANCES.index(row.label)
        yield Example("fomc", normal(row.text), 0, "en", stance=stance, stratum=row.label)


def _stockemotions(folder: Path) -> Iterator[Example]:
    for row in pd.read_parquet(folder / "sentiment/en_stockemotions.parquet").itertuples():
        label = _CLASS[row.label]
        yield Example("stockemotions", normal(row.text), 1, "en", label, True, stratum=row.label)


def _zh_news_cfb(folder: Path) -> Iterator[Example]:
    for row in pd.read_parquet(folder / "sentiment/zh_news_cfb.parquet").itertuples():
        yield Example("zh_news_cfb", normal(row.text), 0, "zh", _CLASS[row.label], stratum=row.label)


def _semeval17(folder: Path) -> Iterator[Example]:
    for row in pd.read_parquet(folder / "sentiment/en_semeval17_headlines.parquet").itertuples():
        text, company, label = normal(row.text), normal(str(row.company)), _CLASS[row.label]
        example = Example("semeval17", text, 0, "en", label, stratum=row.label)
        if (at := text.find(company)) >= 0:
            example.spans.append((at, at + len(company), label))
        yield example


SETS: dict[str, tuple[Callable[[Path], Iterator[Example]], Bounds]] = {
    "finentity": (_finentity, USUAL),
    "fomc": (_fomc, USUAL),
    "stockemotions": (_stockemotions, USUAL),
    "zh_news_cfb": (_zh_news_cfb, HALF_TO_TRAIN),
    "semeval17": (_semeval17, NEVER_TRAINED),
}
"""Name -> loader and the bounds of its sides."""


def load(folder: Path, older: list[Example], names: tuple[str, ...] = tuple(SETS)) -> list[Example]:
    """Return the examples of the named sets below `folder`, each with its side.

    `older`: every example of the sets that were split before; near-duplicates of those are left out. Near-duplicates
    among the new ones share a side, that of the least text; one with a text of a set never trained on is never
    trained on. Raises FileNotFoundError where a set is absent, KeyError for a name not in SETS.
    """
    found = [e for name in names for e in SETS[name][0](folder) if e.text]
    group = splits.groups([e.text[:600] for e in [*older, *found]], splits.independent_sketch).tolist()
    taken = set(group[: len(older)])
    members: dict[int, list[Example]] = {}
    for example, g in zip(found, group[len(older) :], strict=True):
        if g not in taken:
            members.setdefault(g, []).append(example)
    for several in members.values():
        leading = min(several, key=lambda e: (SETS[e.set][1] is not NEVER_TRAINED, e.text))
        share = splits.share_of(leading.text)
        for example in several:
            example.side = next(side for side, bound in SETS[leading.set][1] if share < bound)
    kept = {id(e) for several in members.values() for e in several}
    return [e for e in found if id(e) in kept]
