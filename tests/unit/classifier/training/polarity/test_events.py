"""A fate keeps the tone of an event or turns it round."""

from random import Random

import pytest

from classifier.training.polarity import lexicon
from classifier.training.polarity.events import KINDS, Events, meaning


@pytest.mark.parametrize(
    ("tone", "fate", "label"),
    [
        ("negative", "begins", "negative"), ("negative", "ended", "positive"), ("negative", "denied", "positive"),
        ("positive", "withdrawn", "negative"), ("positive", "confirmed", "positive"),
        ("negative", "unaverted", "negative"),
        ("positive", "expected", "neutral"),
    ],
)  # fmt: skip
def test_label_of_a_fate(tone: str, fate: str, label: str) -> None:
    assert meaning(lexicon.Happening("x", tone, fate, "v", "w", ())) == label


@pytest.mark.parametrize("language", ("en", "zh"))
def test_denied_bad_news_may_be_no_news(language: str) -> None:
    events = Events(language, "train", Random(1))
    for _ in range(200):
        row = events.make("denied", "positive")
        assert row.label == "positive" and row.also == "neutral"
        assert events.make("denied", "negative").also is None


@pytest.mark.parametrize("language", ("en", "zh"))
@pytest.mark.parametrize("split", ("train", "held_out"))
def test_every_kind_can_be_made_in_both_labels(language: str, split: str) -> None:
    events = Events(language, split, Random(1))
    for kind in KINDS:
        for label in ("positive", "negative"):
            row = events.make(kind, label)
            assert row.kind == kind and row.label == ("neutral" if kind == "expected" else label)
