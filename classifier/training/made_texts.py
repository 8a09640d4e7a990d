"""The polarity grammar's rows as training examples."""

from typing import Final

from classifier.data.corpus import NEGATIVE, NEUTRAL, NONE, POSITIVE, Example
from classifier.taxonomy import REGISTERS, TOPIC_NAMES
from classifier.training.polarity import PolarityRow, generate

NAME: Final = "polarity"
HELD_OUT: Final = "polarity_held_out"
"""Of words that training never sees: for the dev score."""
_CLASS: Final = {"negative": NEGATIVE, "neutral": NEUTRAL, "positive": POSITIVE, None: NONE}


def make(count: int, seed: int, split: str = "train") -> list[Example]:
    """Return up to `count` examples, half of them Chinese; the same for the same arguments."""
    rows = [row for language in ("en", "zh") for row in generate(language, count // 2, seed, split)]
    return [_example(row) for row in rows]


def _example(row: PolarityRow) -> Example:
    topics = [-1] * len(TOPIC_NAMES)
    if row.topics == ("general",):  # nothing of finance in it
        topics = [int(name == "general") for name in TOPIC_NAMES]
    spans = [(role.start, role.end, _CLASS[role.label]) for role in row.roles]
    return Example(
        NAME if row.split == "train" else HELD_OUT,
        row.text,
        REGISTERS.index(row.register),
        row.language,
        _CLASS[row.label],
        topics=topics,
        spans=spans,
        stratum=row.kind,
        side="train" if row.split == "train" else "dev",
    )
