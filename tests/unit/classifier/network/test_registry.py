"""Versions of the model."""

from pathlib import Path

import pytest

from classifier.network import registry
from classifier.network.registry import SHIPPED
from core.errors import ConfigError


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NEWSQUAKE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


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
