"""`newsquake train` from recipe to packed weights, on a tiny base and one small set. Needs the extra `train`."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("torch", reason="torch is not installed (extra train)")
pytest.importorskip("tensorboard", reason="tensorboard is not installed (extra train)")
from classifier.data import corpus
from classifier.training import run
from core.errors import ConfigError

RECIPE = (
    "name: {name}\nbase: {base}\nsets: {{phrasebank: 2}}\nlicence: {licence}\nseed: 1\nsignature_texts: 0\n"
)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """PhraseBank's form with 240 texts of its own; the other sets are left out."""
    rng = np.random.default_rng(0)
    words = ["apple", "shares", "after", "iphone", "target", "guidance", "goldman", "sachs", "fed", "rates"]
    told = {"negative": "fall loss", "neutral": "holds", "positive": "rally profit"}
    rows = [
        {"text": " ".join([*rng.choice(words, 9), told[label]]), "label": label}
        for label in list(told) * 80
    ]  # fmt: skip
    (tmp_path / "data/sentiment").mkdir(parents=True)
    pd.DataFrame(rows).to_parquet(tmp_path / "data/sentiment/en_phrasebank.parquet")
    monkeypatch.setattr(corpus, "load", partial(corpus.load, names=("phrasebank",)))
    return tmp_path / "data"


def test_a_run_says_what_it_does_and_its_weights_are_of_no_other(
    tmp_path: Path, tiny_weights: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine, other = tmp_path / "mine.yaml", tmp_path / "other.yaml"
    mine.write_text(RECIPE.format(name="mine", base=tiny_weights, licence="non-commercial"))
    other.write_text(RECIPE.format(name="other", base=tiny_weights, licence="free"))
    start = partial(run.run, data=data, out=tmp_path / "out", base=None, seed=None, minutes=None)
    version = start(mine)
    said = capsys.readouterr().err
    steps = ["base: ", "reading", "splitting 240", "cutting 240", "training on", "packing", version]
    places = [said.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places)
    kept = json.loads((tmp_path / "out/weights/config.json").read_text())
    assert (kept["recipe"], kept["licence"], kept["seed"]) == ("mine", "non-commercial", 1)

    with pytest.raises(ConfigError, match="name was mine, now other; licence was non-commercial, now free"):
        start(other)
    assert "reading" not in capsys.readouterr().err  # said at once, not when all was read
    with pytest.raises(ConfigError, match="seed was 1, now 2"):
        start(mine, seed=2)
    texts = pd.read_parquet(data / "sentiment/en_phrasebank.parquet")
    texts[:-6].to_parquet(data / "sentiment/en_phrasebank.parquet")
    with pytest.raises(ConfigError, match=r"data was 240 texts .* now 234 texts"):
        start(mine)
    texts.to_parquet(data / "sentiment/en_phrasebank.parquet")
    assert json.loads((tmp_path / "out/weights/config.json").read_text()) == kept

    assert start(mine, minutes=30) == version
    assert "goes on from its checkpoint" in capsys.readouterr().err


def test_a_budget_that_is_none_is_refused(tmp_path: Path, tiny_weights: Path, data: Path) -> None:
    (tmp_path / "mine.yaml").write_text(RECIPE.format(name="mine", base=tiny_weights, licence="free"))
    with pytest.raises(ConfigError, match=r"^--minutes -1\.0: input should be greater than 0"):
        run.run(tmp_path / "mine.yaml", data=data, out=tmp_path / "out", base=None, seed=None, minutes=-1.0)
    assert not (tmp_path / "out").exists()
