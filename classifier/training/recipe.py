"""A recipe: everything that decides a run, in one YAML file, checked before anything starts."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from classifier.data import later_sets
from classifier.data.corpus import SETS
from core import yamlfile
from core.errors import ConfigError

SHIPPED = Path(__file__).parent / "recipes"


class Pretraining(BaseModel):
    """Optional masked-language pre-training on unlabelled text before the labels."""

    model_config = ConfigDict(extra="forbid")
    texts: list[Path] = Field(
        default_factory=list, description="jsonl, csv, parquet or txt; below the data folder"
    )
    minutes: float = Field(0, ge=0)
    rate: float = Field(5e-5, gt=0)


class Recipe(BaseModel):
    """See recipes/bilingual.yaml for what each means."""

    model_config = ConfigDict(extra="forbid")
    name: str
    base: str
    sets: dict[str, float]
    licence: str = ""
    method: Literal["full", "lora", "adalora", "bottleneck"] = "full"
    rank: int = Field(16, ge=1)
    seed: int = Field(1, ge=0)
    minutes: float = Field(65, gt=0)
    batch_tokens: int = Field(1536, ge=64)
    max_tokens: int = Field(80, ge=8, le=112)
    rate: float = Field(1.2e-4, gt=0)
    head_rate: float = Field(6e-4, gt=0)
    decay_by_layer: float = Field(0.9, gt=0, le=1)
    warmup: float = Field(0.05, ge=0, lt=1)
    smoothing: float = Field(0.05, ge=0, lt=1)
    noise: dict[str, Annotated[float, Field(ge=0, lt=1)]] = Field(
        default_factory=dict, description="set: share of its labels that may be wrong, in place of smoothing"
    )
    freeze_layers: int = Field(2, ge=0)
    train_words: bool = False
    floor: int = Field(150, ge=1)
    checkpoint_minutes: float = Field(8, gt=0)
    patience: int = Field(0, ge=0)
    phrases: int = Field(0, ge=0, description="headlines made of phrases.yaml that are seen beside the sets")
    polarity: int = Field(0, ge=0, description="texts of the polarity grammar that are seen beside the sets")
    anchor: float = Field(
        0,
        ge=0,
        lt=1,
        description="share of the base's own probabilities in its labelled texts' sentiment targets",
    )
    teachers: list[Path] = Field(
        default_factory=list,
        description="probabilities by training/teacher.py, in place of the base's for the anchor",
    )
    finese_negative: bool = Field(
        False, description="FinESE's texts with negative events only count as negative articles"
    )
    repeat_mixed: float = Field(3.0, ge=1)
    signature_texts: int = Field(
        1600, ge=0, description="texts a set whose base embedding the signature follows"
    )
    pretraining: Pretraining = Pretraining()
    wandb_project: str | None = None

    @field_validator("sets", "noise")
    @classmethod
    def _known(cls, value: dict[str, float]) -> dict[str, float]:
        known = [*SETS, *later_sets.SETS]
        if unknown := set(value) - set(known):
            raise ValueError(f"unknown sets {', '.join(sorted(unknown))}; known: {', '.join(known)}")
        return value


def load(name: Path, changes: dict[str, Any] | None = None) -> Recipe:
    """Read a recipe file, or a shipped one by its bare name; `changes`: what options of the command override.

    Raises ConfigError: file and line, or option, and what was expected.
    """
    path = name if name.is_file() else SHIPPED / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in SHIPPED.glob("*.yaml")))
        raise ConfigError(f"recipe {name}: no such file; shipped recipes: {known}")
    text = yamlfile.read(path)
    if all(not line or line.startswith("#") for line in map(str.strip, text.splitlines())):
        raise ConfigError(
            f"{path}:1: empty; a recipe names at least name, base and sets, as the shipped ones do"
        )
    recipe = yamlfile.parse(text, Recipe, str(path))
    try:  # whole and from the start: a copy with updates would take any value
        return Recipe.model_validate(recipe.model_dump() | (changes or {}))
    except ValidationError as error:
        first = error.errors()[0]
        said = first["msg"][0].lower() + first["msg"][1:]
        raise ConfigError(f"--{first['loc'][0]} {first['input']}: {said}") from error
