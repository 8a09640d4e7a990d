"""A recipe: everything that decides a run, in one YAML file, checked before anything starts."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from classifier.training.corpus import SETS
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
    seed: int = 1
    minutes: float = Field(65, gt=0)
    batch_tokens: int = Field(1536, ge=64)
    max_tokens: int = Field(80, ge=8, le=112)
    rate: float = Field(1.2e-4, gt=0)
    head_rate: float = Field(6e-4, gt=0)
    decay_by_layer: float = Field(0.9, gt=0, le=1)
    warmup: float = Field(0.05, ge=0, lt=1)
    smoothing: float = Field(0.05, ge=0, lt=1)
    freeze_layers: int = Field(2, ge=0)
    train_words: bool = False
    floor: int = Field(150, ge=1)
    checkpoint_minutes: float = Field(8, gt=0)
    patience: int = Field(0, ge=0)
    phrases: int = Field(0, ge=0, description="headlines made of phrases.yaml that are seen beside the sets")
    repeat_mixed: float = Field(3.0, ge=1)
    signature_texts: int = Field(
        1600, ge=0, description="texts a set whose base embedding the signature follows"
    )
    pretraining: Pretraining = Pretraining()
    wandb_project: str | None = None

    @field_validator("sets")
    @classmethod
    def _known(cls, value: dict[str, float]) -> dict[str, float]:
        if unknown := set(value) - set(SETS):
            raise ValueError(f"unknown sets {', '.join(sorted(unknown))}; known: {', '.join(SETS)}")
        return value


def load(name: Path) -> Recipe:
    """Read a recipe file, or a shipped one by its bare name. Raises ConfigError: file, field, what was expected."""
    path = name if name.exists() else SHIPPED / f"{name}.yaml"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in SHIPPED.glob("*.yaml")))
        raise ConfigError(f"recipe {name}: no such file; shipped recipes: {known}")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Recipe.model_validate(content)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(p) for p in first["loc"])
        raise ConfigError(f"{path}: {place}: {first['msg']}") from error
