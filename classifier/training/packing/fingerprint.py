"""Which run a checkpoint is of: weights must not go on, or be packed, under another run's name, licence or seed."""

import hashlib
import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from classifier.data.corpus import Example
from classifier.training.base import Base
from classifier.training.recipe import Recipe
from core.errors import ConfigError

KEY = "run"
_MAY_CHANGE = {"minutes", "checkpoint_minutes", "patience", "wandb_project"}
"""How long a run may take and where it is shown: it stays the same run."""
_TOLD = 5


def of(recipe: Recipe, base: Base) -> dict[str, Any]:
    """What decides a run, its data aside: the recipe, and the base by what it holds, wherever it lies."""
    decides: dict[str, Any] = recipe.model_dump(mode="json", exclude=_MAY_CHANGE)
    return decides | {"base": f"{Path(recipe.base).name} ({_digest(_parts(base))})"}


def data(examples: list[Example]) -> str:
    """The texts of a run and their sides, in few characters."""
    digest = _digest(f"{e.set}\0{e.side}\0{e.text}\0".encode() for e in examples)
    return f"{len(examples):,} texts ({digest})"


def demand(folder: Path, mine: dict[str, Any]) -> None:
    """Raise ConfigError where a checkpoint in `folder` is of another run, or does not say of which."""
    found = [p for p in (folder / "checkpoint.pt", folder / "best.pt") if p.exists()]
    todo = f"name another --out, or remove {' and '.join(map(str, found))} to begin again"
    for path in found:
        try:
            kept = torch.load(path, weights_only=True, map_location="cpu", mmap=True).get(KEY)
        except (RuntimeError, EOFError, AttributeError, pickle.UnpicklingError) as error:
            raise ConfigError(f"{path}: is no checkpoint of a training; {todo}") from error
        if kept is None:
            raise ConfigError(f"{path}: does not say which recipe, seed and base it is of; {todo}")
        if differs := _differences(_flat(kept), _flat(mine)):
            more = f" and {len(differs) - _TOLD} more" if len(differs) > _TOLD else ""
            raise ConfigError(f"{path}: of another run: {'; '.join(differs[:_TOLD])}{more}; {todo}")


def _parts(base: Base) -> Iterable[bytes]:
    for state in (base.encoder.state_dict(), base.heads or {}):
        for name in sorted(state):
            yield name.encode()
            yield state[name].detach().cpu().contiguous().numpy().tobytes()
    yield base.tokenizer.read_bytes()


def _digest(parts: Iterable[bytes]) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return found.hexdigest()[:12]


def _flat(values: dict[str, Any], above: str = "") -> dict[str, Any]:
    """`{"sets": {"finfe": 4}}` as `{"sets.finfe": 4}`: a difference is told by its own name."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{above}{key}.")
        else:
            flat[above + key] = value
    return flat


def _differences(kept: dict[str, Any], mine: dict[str, Any]) -> list[str]:
    """What differs, in the order of `mine`. `data` is known late: a side without it is not held against the other."""
    keys = [*mine, *(k for k in kept if k not in mine and k != "data")]
    return [
        f"{k} was {_short(kept.get(k))}, now {_short(mine.get(k))}"
        for k in keys
        if kept.get(k) != mine.get(k)
    ]


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return "none" if value in (None, "") else text if len(text) <= 48 else text[:45] + "…"
