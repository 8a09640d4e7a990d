"""Versions of the model, and the gate before one is used."""

import copy
from pathlib import Path
from typing import Any

import pytest

from classifier.evaluation import floor
from classifier.network import registry
from classifier.scoring.engine import SHIPPED
from core.errors import ConfigError

REPORT: dict[str, Any] = {
    "split": "dev",
    "sets": {
        "phrasebank": {"sentiment": {"accuracy": 0.85, "macro_f1": 0.83, "ece": 0.02}},
        "twitter_topics": {"native": {"accuracy": 0.88, "macro_f1": 0.80}},
    },
}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NEWSQUAKE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


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
    assert bool(registry.objections(REPORT, challenger)) is objects


def test_a_model_no_better_than_a_linear_one_is_refused_even_where_the_champion_is_as_bad() -> None:
    floors = {"dev": {"twitter_topics": {"head": "native", "metrics": {"accuracy": 0.88, "macro_f1": 0.7}}}}
    (said,) = registry.objections(REPORT, REPORT, floors)
    assert "twitter_topics, accuracy" in said and "SVM" in said
    assert not registry.objections(REPORT, REPORT, {"test": floors["dev"]})


def test_the_floors_are_kept_for_both_sides() -> None:
    kept = floor.kept()
    assert set(kept) == set(floor.SIDES)
    assert all(set(kept[side]) == set(floor.SETS) for side in kept)


def test_without_a_promotion_the_shipped_model_is_in_use() -> None:
    assert registry.current() == SHIPPED


def test_a_promoted_model_is_copied_and_used_until_shipped_is_again(tiny_weights: Path, _home: Path) -> None:
    registry.promote(tiny_weights)
    assert registry.current().parent == _home
    assert registry.find(registry.current().name) == registry.current()
    registry.promote(SHIPPED)
    assert registry.current() == SHIPPED


def test_an_unknown_model_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="model list"):
        registry.find("nq1-000000000000")


def test_a_promoted_model_that_is_gone_is_said_and_not_replaced_in_silence(_home: Path) -> None:
    _home.mkdir()
    (_home / registry.CURRENT).write_text("nq1-gone\n")
    with pytest.raises(ConfigError, match="nq1-gone"):
        registry.current()
    assert [(version.folder, version.current) for version in registry.versions()] == [(SHIPPED, False)]
    assert registry.current_name() == "nq1-gone"
    registry.promote(registry.find("shipped"))  # as the fault says
    assert registry.current() == SHIPPED


@pytest.mark.parametrize("config", ["{", "[]", "{}"])
def test_a_folder_without_a_models_config_is_named(_home: Path, config: str) -> None:
    (_home / "broken").mkdir(parents=True)
    (_home / "broken" / "config.json").write_text(config)
    with pytest.raises(ConfigError, match=r"broken/config\.json: no model's config"):
        registry.versions()
