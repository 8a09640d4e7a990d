"""Sections of the settings that a package outside core defines and checks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

from core import yamlfile
from core.settings import PREFIX, Settings

Model = TypeVar("Model", bound=BaseModel)


def check_section(settings: Settings, group: str, data: dict[str, Any], model: type[Model]) -> Model:
    """Return `data`, the content of the settings' `group`, validated as `model`.

    Raises ConfigError that names every fault: by file and line where the settings file has these values, else (the
    environment, options) by the variables of `group`.
    """
    if settings.file and data:
        text = yamlfile.read(Path(settings.file))
        there = (yaml.safe_load(text) or {}).get(group) or {}
        if all(there.get(name) == value for name, value in data.items()):
            return yamlfile.check(data, model, settings.file, yaml.compose(text), at=(group,))
    variables = sorted(name for name in os.environ if name.startswith(f"{PREFIX}{group.upper()}__"))
    place = f"environment: {', '.join(variables)}" if variables else "settings"
    return yamlfile.check(data, model, "", at=(group,), place=lambda loc: place)
