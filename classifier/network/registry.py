"""Several versions of the weights side by side: list, compare, and promote one only through a gate.

A version is a weights folder below the models folder ($NEWSQUAKE_MODELS, else the user's data folder). Which one
is in use stands in the file `current` there: a version, or nothing for the shipped one. Promotion compares
evaluation reports on the same split: a challenger may not be worse than the champion by more than the tolerance
on any set, and must beat TF-IDF + a linear SVM on every set that has such a floor.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from classifier.evaluation.report import BARS, ECE_BAR
from classifier.network import packed
from classifier.scoring.engine import SHIPPED
from core.errors import ConfigError

CURRENT = "current"
TOLERANCE = 0.005
"""Half a point: what two runs of one recipe differ by anyway."""


@dataclass(frozen=True, slots=True)
class Version:
    """A model at hand."""

    name: str
    folder: Path
    recipe: str
    current: bool


def home() -> Path:
    """The models folder (it need not exist)."""
    wanted = os.environ.get("NEWSQUAKE_MODELS")
    return Path(wanted) if wanted else Path(platformdirs.user_data_dir("newsquake")) / "models"


def current() -> Path:
    """The weights folder in use: as promoted, else the shipped one. Raises ConfigError if it is gone."""
    folder = _chosen()
    if not (folder / packed.CONFIG).exists():
        raise ConfigError(
            f"{home() / CURRENT} names {folder.name}, which is not there; newsquake model use shipped"
        )
    return folder


def current_name() -> str:
    """The version in use, also of one that is gone: then the name that `current` gives it."""
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
    """Every model at hand, the shipped one first. Raises ConfigError for a folder whose config cannot be read."""
    used = _chosen()
    others = sorted(p.parent for p in home().glob(f"*/{packed.CONFIG}")) if home().is_dir() else []
    return [_version(folder, used) for folder in (SHIPPED, *others)]


def _version(folder: Path, used: Path) -> Version:
    try:
        config = json.loads((folder / packed.CONFIG).read_text(encoding="utf-8"))
        name = str(config["model_version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{folder / packed.CONFIG}: no model's config ({error}); take the folder away or copy it anew"
        ) from error
    return Version(name, folder, str(config.get("recipe", "")), folder == used)


def find(name: str) -> Path:
    """A weights folder by version, by "shipped", or by path. Raises ConfigError."""
    if name == "shipped":
        return SHIPPED
    for version in versions():
        if version.name == name:
            return version.folder
    if (Path(name) / packed.CONFIG).exists():
        return Path(name)
    raise ConfigError(f"model {name}: neither a known version nor a weights folder; see newsquake model list")


def adopt(folder: Path) -> Path:
    """Copy a weights folder below the models folder under its version; return where it stands."""
    config = json.loads((folder / packed.CONFIG).read_text(encoding="utf-8"))
    target = home() / str(config["model_version"])
    if folder != SHIPPED and folder.resolve() != target.resolve():
        target.mkdir(parents=True, exist_ok=True)
        for name in (packed.MODEL, packed.CONFIG, packed.TOKENIZER):
            shutil.copyfile(folder / name, target / name)
        return target
    return folder


def promote(folder: Path) -> None:
    """Put a weights folder into use (the gate is the caller's: see `objections`)."""
    home().mkdir(parents=True, exist_ok=True)
    if folder == SHIPPED:
        (home() / CURRENT).unlink(missing_ok=True)
        return
    part = home() / f"{CURRENT}.part"
    part.write_text(adopt(folder).name + "\n", encoding="utf-8")
    part.replace(home() / CURRENT)


_MEASURED = (("sentiment", ("accuracy", "macro_f1")), ("entity", ("accuracy", "macro_f1")),
             ("native", ("accuracy", "macro_f1", "micro_f1")))  # fmt: skip


def bars(report: dict[str, Any]) -> dict[str, float]:
    """The figures of a report that the gate looks at: every bar, every set's heads, and their calibration errors."""
    out = {}
    for label, name, head, metric, _ in BARS:
        if head in report["sets"].get(name, {}):
            out[label] = float(report["sets"][name][head][metric])
    for name, one in report["sets"].items():
        for head, metrics in _MEASURED:
            for metric in metrics:
                if metric in one.get(head, {}):
                    out[f"{name}, {head} {metric}"] = float(one[head][metric])
        if "ece" in one.get("sentiment", {}):
            out[f"{name}, calibration error"] = float(one["sentiment"]["ece"])
    return out


def objections(
    champion: dict[str, Any], challenger: dict[str, Any], floors: dict[str, dict[str, Any]] | None = None
) -> list[str]:
    """Why the challenger may not be promoted; empty: it may. Both are reports of `evaluate`, same split.

    A figure may fall by TOLERANCE; a calibration error may not rise above both its bar and the champion's.
    `floors`: side -> set -> {head, metrics of TF-IDF + SVM} (classifier/evaluation/floor.py): the challenger must be
    above each of that side.
    """
    if champion["split"] != challenger["split"]:
        return [f"reports are of different splits: {champion['split']} and {challenger['split']}"]
    old, new = bars(champion), bars(challenger)
    out = [f"{label}: not measured for the challenger" for label in old if label not in new]
    for label in old.keys() & new.keys():
        if "calibration" in label:
            if new[label] > max(ECE_BAR, old[label] + TOLERANCE):
                out.append(f"{label}: {new[label]:.3f}, champion {old[label]:.3f}, bar {ECE_BAR}")
        elif new[label] < old[label] - TOLERANCE:
            out.append(f"{label}: {new[label]:.3f}, champion {old[label]:.3f}")
    for name, one in (floors or {}).get(challenger["split"], {}).items():
        own = challenger["sets"].get(name, {}).get(one["head"], {})
        for metric, floor in one["metrics"].items():
            if metric in own and float(own[metric]) <= floor:
                out.append(f"{name}, {metric}: {own[metric]:.3f}, no better than TF-IDF + SVM ({floor:.3f})")
    return sorted(out)
