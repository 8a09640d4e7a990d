"""Where an optional part is missing, its error says how to get it, in a checkout too."""

import sys
import tomllib
from pathlib import Path

import pytest

from classifier import cli
from classifier.backends import torch as torch_backend
from classifier.extras import how
from core.errors import ConfigError

ROOT = Path(__file__).parents[3]


def test_train_without_torch_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "classifier.training.run", None)
    with pytest.raises(ConfigError, match=r"newsquake\[train\].*in a checkout: .*--extra train"):
        cli.train(Path("bilingual"))


def test_a_card_without_torch_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(torch_backend, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"newsquake\[gpu\].*--extra gpu"):
        torch_backend.TorchBackend(tmp_path, 1, "cuda")


@pytest.mark.parametrize("extra", ["train", "gpu"])
def test_what_is_advised_is_there(extra: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert extra in project["optional-dependencies"]
    assert (ROOT / "scripts/install.py").exists()
    assert f"--extra {extra}" in how(extra)
