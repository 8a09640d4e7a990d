"""Figures agree with the direction they are drawn for."""

import re
from random import Random

import pytest

from classifier.training.polarity import figures, lexicon


@pytest.mark.parametrize("language", ("en", "zh"))
@pytest.mark.parametrize("degree", ("slight", "plain", "strong"))
def test_the_level_lies_on_the_side_asked_for(language: str, degree: str) -> None:
    rng = Random(1)
    for thing in lexicon.things(language, "train"):
        for up in (True, False):
            drawn = figures.draw(rng, language, thing, up, degree)
            now, then = (_number(x) for x in (drawn.level, drawn.before))
            assert (now > then) == up and now != then, (thing, drawn)
            assert drawn.signed.startswith("+" if up else "-")


def test_earnings_and_results_too() -> None:
    rng = Random(2)
    for up in (True, False):
        for _ in range(500):
            now, then = figures.per_share(rng, up)
            assert (now > then) == up
            now_, then_ = (_result(x) for x in figures.result(rng, up))
            assert (now_ > then_) == up


def _number(text: str) -> float:
    return float(re.search(r"[\d.]+", text.replace(",", ""))[0])  # type: ignore[index]


def _result(text: str) -> float:
    return -float(text.strip("()-")) if text[0] in "(-" else float(text)
