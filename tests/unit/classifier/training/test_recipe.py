"""Recipes are checked before anything starts, and the shipped ones are what the docs say."""

from pathlib import Path

import pytest

from core.errors import ConfigError

pytest.importorskip("pydantic")
from classifier.data.corpus import COMMERCIAL, SETS
from classifier.training import recipe

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
        (GOOD + "seed: -1\n", "seed"),
        (GOOD + "noise: {phrasebonk: 0.1}\n", "phrasebonk"),
        (GOOD + "noise: {phrasebank: 1.5}\n", "noise.phrasebank"),
        ("name: x\nbase: [a\nsets: 1\n", "mine.yaml:3: expected"),
        (GOOD + "rate: fast\n", "mine.yaml:4: rate"),
        ("", "mine.yaml:1: empty"),
        ("# to be written\n\n", "mine.yaml:1: empty"),
        ("- a list\n", "mine.yaml:1: expected keys"),
    ],
)
def test_a_wrong_recipe_names_the_file_and_the_field(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"mine\.yaml") as caught:
        recipe.load(path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_recipe_names_the_shipped_ones() -> None:
    with pytest.raises(ConfigError, match="bilingual"):
        recipe.load(Path("nothing-like-it"))


@pytest.mark.parametrize(
    ("option", "value"), [("minutes", -1.0), ("minutes", 0.0), ("minutes", float("nan")), ("seed", -3)]
)
def test_an_option_is_held_against_the_same_limits_as_the_file(
    tmp_path: Path, option: str, value: float
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD)
    assert recipe.load(path, {"minutes": 3.0, "seed": 5}).seed == 5
    with pytest.raises(ConfigError, match=f"^--{option} {value}: input should be greater than"):
        recipe.load(path, {option: value})
