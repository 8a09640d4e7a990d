"""Several versions of the weights side by side: list, find, and put one into use.

A version is a weights folder below the models folder ($NEWSQUAKE_MODELS, else the user's data folder). Which one
is in use stands in the file `current` there: a version, or nothing for the shipped one. What a challenger has to pass
before it is promoted: classifier/evaluation/gate.py.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from classifier.network import packed
from core.errors import ConfigError

CURRENT = "current"
SHIPPED = Path(__file__).parents[1] / "weights"
"""The weights that come with the package."""


@dataclass(frozen=True, slots=True)
class Version:
    """An available model."""

    name: str
    folder: Path
    recipe: str
    current: bool


def home() -> Path:
    """The models folder, which need not exist."""
    wanted = os.environ.get("NEWSQUAKE_MODELS")
    return Path(wanted) if wanted else Path(platformdirs.user_data_dir("newsquake")) / "models"


def current() -> Path:
    """The weights folder in use: the promoted one, else the shipped one. Raises ConfigError if it is missing."""
    folder = _chosen()
    if not (folder / packed.CONFIG).exists():
        raise ConfigError(
            f"{home() / CURRENT} names {folder.name}, which is not there; newsquake model use shipped"
        )
    return folder


def current_name() -> str:
    """The version in use; of a folder that is missing, its name."""
    folder = _chosen()
    try:
        return packed.version(folder)
    except (OSError, ValueError, KeyError):
        return folder.name


def _chosen() -> Path:
    """The folder that `current` names, whether it is there or not."""
    try:
        return home() / (home() / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return SHIPPED


def versions() -> list[Version]:
    """All available models, the shipped one first. Raises ConfigError for a config that cannot be read."""
    used = _chosen()
    others = sorted(p.parent for p in home().glob(f"*/{packed.CONFIG}")) if home().is_dir() else []
    return [_version(folder, used) for folder in (SHIPPED, *others)]


def _version(folder: Path, used: Path) -> Version:
    try:
        config = json.loads((folder / packed.CONFIG).read_text(encoding="utf-8"))
        name = str(config["model_version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{folder / packed.CONFIG}: no model's config ({error}); take the folder away or copy it again"
        ) from error
    return Version(name, folder, str(config.get("recipe", "")), folder == used)


def find(name: str) -> Path:
    """A weights folder by version, "shipped", or path. Raises ConfigError where there is none."""
    if name == "shipped":
        return SHIPPED
    for version in versions():
        if version.name == name:
            return version.folder
    if (Path(name) / packed.CONFIG).exists():
        return Path(name)
    raise ConfigError(f"model {name}: neither a known version nor a weights folder; see newsquake model list")


def adopt(folder: Path) -> Path:
    """Copy a weights folder into the models folder under its version, if it is not there; returns the folder."""
    config = json.loads((folder / packed.CONFIG).read_text(encoding="utf-8"))
    target = home() / str(config["model_version"])
    if folder != SHIPPED and folder.resolve() != target.resolve():
        target.mkdir(parents=True, exist_ok=True)
        for name in (packed.MODEL, packed.CONFIG, packed.TOKENIZER):
            shutil.copyfile(folder / name, target / name)
        return target
    return folder


def promote(folder: Path) -> None:
    """Put a weights folder into use. The caller checks the gate first (classifier/evaluation/gate.py)."""
    home().mkdir(parents=True, exist_ok=True)
    if folder == SHIPPED:
        (home() / CURRENT).unlink(missing_ok=True)
        return
    part = home() / f"{CURRENT}.part"
    part.write_text(adopt(folder).name + "\n", encoding="utf-8")
    part.replace(home() / CURRENT)
