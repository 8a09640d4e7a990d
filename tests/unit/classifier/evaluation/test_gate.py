"""The gate before a promotion."""

import copy
from typing import Any

import pytest

from classifier.evaluation import floor
from classifier.evaluation.gate import objections

REPORT: dict[str, Any] = {
    "split": "dev",
    "sets": {
        "phrasebank": {"sentiment": {"accuracy": 0.85, "macro_f1": 0.83, "ece": 0.02}},
        "twitter_topics": {"native": {"accuracy": 0.88, "macro_f1": 0.80}},
    },
}


def changed(name: str, head: str, metric: str, value: float) -> dict[str, Any]:
    report = copy.deepcopy(REPORT)
    report["sets"][name][head][metric] = value
    return report


@pytest.mark.parametrize(
    ("challenger", "objects"),
    [
        (REPORT, False),
        (changed("phrasebank", "sentiment", "accuracy", 0.86), False),
        (changed("phrasebank", "sentiment", "accuracy", 0.846), False),  # within the tolerance
        (changed("phrasebank", "sentiment", "accuracy", 0.84), True),
        (changed("twitter_topics", "native", "macro_f1", 0.7), True),
        (changed("phrasebank", "sentiment", "ece", 0.029), False),
        (changed("phrasebank", "sentiment", "ece", 0.05), True),
        ({**REPORT, "split": "test"}, True),
        ({"split": "dev", "sets": {}}, True),
    ],
)
def test_the_gate_lets_only_through_what_is_not_worse(challenger: dict[str, Any], objects: bool) -> None:
    assert bool(objections(REPORT, challenger)) is objects


def test_a_model_no_better_than_a_linear_one_is_refused_even_where_the_champion_is_as_bad() -> None:
    floors = {"dev": {"twitter_topics": {"head": "native", "metrics": {"accuracy": 0.88, "macro_f1": 0.7}}}}
    (said,) = objections(REPORT, REPORT, floors)
    assert "twitter_topics, accuracy" in said and "SVM" in said
    assert not objections(REPORT, REPORT, {"test": floors["dev"]})


def test_the_floors_are_kept_for_both_sides() -> None:
    kept = floor.kept()
    assert set(kept) == set(floor.SIDES)
    assert all(set(kept[side]) == set(floor.SETS) for side in kept)
