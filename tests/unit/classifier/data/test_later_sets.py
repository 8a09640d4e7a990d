"""Sets added later: their labels, their sides, and that no near-duplicate crosses."""

from pathlib import Path
from random import Random

import pandas as pd
import pytest

from classifier.data import later_sets
from classifier.data.corpus import NEGATIVE, NEUTRAL, NONE, POSITIVE, Example
from classifier.labels import STANCES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sentiment").mkdir()

    def write(name: str, rows: list[dict[str, object]]) -> None:
        pd.DataFrame(rows).to_parquet(tmp_path / f"sentiment/{name}.parquet")

    texts = ["".join(Random(k).choices("abcdefghij ", k=40)) for k in range(200)]
    write("zh_news_cfb", [{"text": t, "label": "neutral"} for t in texts])
    write("en_stockemotions", [{"text": f"{t} $XY", "label": "negative"} for t in texts[:20]])
    write("en_fomc", [{"text": "Inflation ran hot again.", "label": "hawkish", "year": 2022}])
    headline = "Brightwell raises its outlook for the whole year"
    write(
        "en_semeval17_headlines",
        [{"text": headline, "company": "Brightwell", "score": 0.5, "label": "positive"}],
    )
    entity = {"name": "Corvo", "start": 0, "end": 5, "label": "positive"}
    other = {"name": "Delmar", "start": 12, "end": 18, "label": "negative"}
    write("en_finentity", [
        {"text": "Corvo beats Delmar", "entities": [entity, other]},
        {"text": "Corvo opens a plant in the north", "entities": [entity]},
        {"text": headline + " again", "entities": []},
    ])  # fmt: skip
    return tmp_path


def test_labels_and_spans(folder: Path) -> None:
    found = later_sets.load(folder, [])
    by_text = {e.text: e for e in found}
    two = by_text["Corvo beats Delmar"]
    assert (two.spans, two.sentiment) == ([(0, 5, POSITIVE), (12, 18, NEGATIVE)], NONE)
    assert by_text["Corvo opens a plant in the north"].sentiment == POSITIVE
    stance = by_text["Inflation ran hot again."]
    assert (STANCES[stance.stance], stance.sentiment) == ("hawkish", NONE)
    assert {(e.sentiment, e.two_class) for e in found if e.set == "stockemotions"} == {(NEGATIVE, True)}
    assert {e.sentiment for e in found if e.set == "zh_news_cfb"} == {NEUTRAL}
    (headline,) = (e for e in found if e.set == "semeval17")
    assert headline.spans == [(0, 10, POSITIVE)]


def test_sides_hang_on_the_text_alone(folder: Path) -> None:
    sides = {e.text: e.side for e in later_sets.load(folder, [], ("zh_news_cfb",))}
    others = later_sets.load(folder, [], ("fomc", "zh_news_cfb"))
    assert sides == {e.text: e.side for e in others if e.set == "zh_news_cfb"}
    counts = pd.Series(sides).value_counts(normalize=True)
    assert counts["train"] == pytest.approx(0.5, abs=0.15)
    assert set(counts.index) == {"train", "dev", "test"}


def test_a_text_near_an_older_one_is_left_out(folder: Path) -> None:
    older = [Example("sentfin", "Brightwell raises its outlook for the whole year.", 0, "en", POSITIVE)]
    assert all(not e.text.startswith("Brightwell") for e in later_sets.load(folder, older))


def test_nothing_near_a_set_that_is_never_trained_on_is_trained_on(folder: Path) -> None:
    near = [e for e in later_sets.load(folder, []) if e.text.startswith("Brightwell")]
    assert {e.set for e in near} == {"semeval17", "finentity"}
    assert len({e.side for e in near}) == 1
    assert near[0].side != "train"
