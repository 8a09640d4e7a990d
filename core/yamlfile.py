"""YAML checked by pydantic, with faults told by file and line.

Every fault is named, not only the first: `newsquake.yaml:12: broker.partitions: expected an integer, got 'many'`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from core.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice, which plain YAML would silently let win."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    seen: dict[Any, int] = {}
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        line = key_node.start_mark.line + 1
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"{key!r} stands twice (first in line {seen[key]})", key_node.start_mark
            )
        seen[key] = line
    return {
        loader.construct_object(key, deep=True): loader.construct_object(value, deep=True)
        for key, value in node.value
    }


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _line(node: yaml.Node | None, path: tuple[Any, ...]) -> int:
    """The line (from 1) of the deepest part of `path` that the file has."""
    line = node.start_mark.line + 1 if node is not None else 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(step):
                    line, node = key.start_mark.line + 1, value
                    break
            else:
                continue  # a union's branch name in pydantic's path: not in the file
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def _complaint(error: Any) -> str:
    where = ".".join(str(step) for step in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown key"
    got = error.get("input")
    shown = "" if isinstance(got, (dict, list)) or error["type"] == "missing" else f", got {got!r}"[:120]
    text = error["msg"].removeprefix("Value error, ")
    return f"{where}: {text[0].lower()}{text[1:]}{shown}"


def parse(text: str, model: type[Model], name: str) -> Model:
    """The checked content of YAML `text`; `name` stands in the faults. Raises ConfigError."""
    try:
        node = yaml.compose(text, Loader=_Loader)
        data = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{name}:{line}: {error.problem or 'not YAML'}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{name}:1: not YAML: {' '.join(str(error).split())}") from error
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise ConfigError(f"{name}:1: expected keys and values, got {type(data).__name__}")
    return check(data, model, name, node)


def check(data: dict[str, Any], model: type[Model], name: str, node: yaml.Node | None = None) -> Model:
    """The same for data that is loaded already. Raises ConfigError."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = sorted({(_line(node, fault["loc"]), _complaint(fault)) for fault in error.errors()})
        raise ConfigError("\n".join(f"{name}:{line}: {complaint}" for line, complaint in faults)) from error


def line_of(text: str, path: tuple[Any, ...]) -> int:
    """The line (from 1) of a key in YAML `text` that parsed: for faults that only show between entries."""
    return _line(yaml.compose(text, Loader=_Loader), path)


def read(path: Path) -> str:
    """The file's text. Raises ConfigError when it is not there, not readable or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file (write one with: newsquake init)") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 (byte {error.start})") from error
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error


def load(path: Path, model: type[Model]) -> Model:
    """The checked content of a YAML file. Raises ConfigError naming file and line of every fault."""
    return parse(read(path), model, str(path))
