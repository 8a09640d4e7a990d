"""Recipes are checked before anything starts, and the shipped ones are what the docs say."""

from pathlib import Path

import pytest

from core.errors import ConfigError

pytest.importorskip("pydantic")
from classifier.training import recipe
from classifier.training.corpus import COMMERCIAL, SETS

GOOD = "name: x\nbase: somewhere\nsets: {phrasebank: 1}\n"


def test_the_shipped_recipes_load() -> None:
    assert set(recipe.load(Path("bilingual")).sets) == set(SETS)
    assert set(recipe.load(Path("permissive")).sets) == set(COMMERCIAL)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (GOOD + "rates: 1\n", "rates"),
        (GOOD + "minutes: -1\n", "minutes"),
        (GOOD + "method: magic\n", "method"),
        (GOOD.replace("phrasebank", "phrasebonk"), "phrasebonk"),
        ("name: [", "YAML"),
    ],
)
def test_a_wrong_recipe_names_the_file_and_the_field(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"mine\.yaml") as caught:
        recipe.load(path)
    assert says in str(caught.value)


def test_an_unknown_recipe_names_the_shipped_ones() -> None:
    with pytest.raises(ConfigError, match="bilingual"):
        recipe.load(Path("nothing-like-it"))
