"""The label of a text with two companies follows from theirs."""

import pytest

from classifier.training.polarity.relations import overall


@pytest.mark.parametrize(
    ("first", "second", "label"),
    [
        ("negative", "positive", None), ("neutral", "negative", "negative"), ("positive", "neutral", "positive"),
        ("neutral", "neutral", "neutral"), ("negative", "negative", "negative"),
    ],
)  # fmt: skip
def test_overall(first: str, second: str, label: str | None) -> None:
    assert overall(first, second) == label
