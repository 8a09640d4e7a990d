"""YAML validated by pydantic, with the file and line of every error.

All errors are reported, not only the first: `newsquake.yaml:12: broker.partitions: expected an integer, got 'many'`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from core.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)


class _Loader(yaml.SafeLoader):
    """Rejects duplicate keys, of which plain YAML silently takes the last."""


class QuickLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same with the C parser where it is available: for long lists."""


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    seen: dict[Any, int] = {}
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        line = key_node.start_mark.line + 1
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(
                None, None, "a list or a mapping cannot be a key", key_node.start_mark
            )
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"{key!r} stands twice (first in line {seen[key]})", key_node.start_mark
            )
        seen[key] = line
    return {
        loader.construct_object(key, deep=True): loader.construct_object(value, deep=True)
        for key, value in node.value
    }


for _kind in (_Loader, QuickLoader):
    _kind.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _line(node: yaml.Node | None, path: tuple[Any, ...]) -> int:
    """The line (from 1) of the deepest part of `path` that exists in the file."""
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


def suggestion(word: str, known: list[str]) -> str:
    """Return ` (did you mean KEY?)` where a known word is similar to `word`, else "".

    >>> suggestion("evry", ["every", "url"]), suggestion("colour", ["every", "url"])
    (' (did you mean every?)', '')
    """
    found = get_close_matches(word.lower(), known, 1, 0.7)
    return f" (did you mean {found[0]}?)" if found else ""


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models within a field's type: through lists, unions and annotations."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _follow(model: type[BaseModel], loc: tuple[Any, ...]) -> tuple[list[Any], list[str]]:
    """(the path as the file has it, without pydantic's names for a union's branches; the keys known at its end)."""
    path: list[Any] = []
    models: list[type[BaseModel]] = [model]
    for step in loc[:-1]:
        fields = [
            field for one in models for key, field in one.model_fields.items() if step in (key, field.alias)
        ]
        branch = [
            one for one in models
            if "kind" in one.model_fields and step in get_args(one.model_fields["kind"].annotation)
        ]  # fmt: skip
        if fields:
            models = [one for field in fields for one in _models(field.annotation)]
        elif branch:
            models = branch
            continue
        elif not isinstance(step, int):
            models = []
        path.append(step)
    known = [
        field.alias or key for one in models for key, field in one.model_fields.items() if not field.exclude
    ]
    return [*path, *loc[-1:]], known


def _complaint(error: Any, model: type[BaseModel], at: tuple[Any, ...]) -> str:
    path, known = _follow(model, error["loc"])
    where = dotted((*at, *path))
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown key{suggestion(str(path[-1]), known)}"
    got = error.get("input")
    shown = "" if isinstance(got, (dict, list)) or error["type"] == "missing" else f", got {got!r}"[:120]
    if error["type"] == "union_tag_invalid":  # pydantic's own speaks of tags and discriminators
        context = error["ctx"]
        key, tags = context["discriminator"].strip("'"), context["expected_tags"].replace("'", "")
        close = suggestion(str(context["tag"]), tags.split(", "))
        return f"{where}.{key}: expected one of {tags}, got {context['tag']!r}{close}"
    text = error["msg"].removeprefix("Value error, ")
    return f"{where}: {text[0].lower()}{text[1:]}{shown}"


Further = Callable[[dict[str, Any]], Iterable[tuple[tuple[Any, ...], str]]]
"""Further checks of data that the model rejected: data -> (path, message) of each error."""


def parse(text: str, model: type[Model], name: str, further: Further | None = None) -> Model:
    """Return the validated content of YAML `text`. Raises ConfigError with `name` and line of every error.

    `further`: checks whose errors are reported beside the model's own, where it has any.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
        data = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{name}:{line}: {error.problem or 'not YAML'}") from error
    except RecursionError:
        raise ConfigError(f"{name}:1: lists or mappings within each other, too deep to be read") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}:1: not YAML: {' '.join(str(error).split())}") from error
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise ConfigError(f"{name}:1: expected keys and values, got {type(data).__name__}")
    return check(data, model, name, node, further=further)


def check(
    data: dict[str, Any], model: type[Model], name: str, node: yaml.Node | None = None, *,
    at: tuple[Any, ...] = (), place: Callable[[tuple[Any, ...]], str] | None = None,
    further: Further | None = None,
) -> Model:  # fmt: skip
    """Validate loaded data. Raises ConfigError with every error.

    `node`, `at`: the YAML document and the path of `data` in it, for line numbers. `place`: path -> what to name
    instead of file and line.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = {
            (
                0 if place else _line(node, (*at, *fault["loc"])),
                place(fault["loc"]) if place else "",
                _complaint(fault, model, at),
            )
            for fault in error.errors()
        }
        faults |= {
            (_line(node, where), "", f"{dotted(where)}: {words}")
            for where, words in (further(data) if further else ())
        }
        raise ConfigError(
            "\n".join(
                f"{where or f'{name}:{line}'}: {complaint}" for line, where, complaint in sorted(faults)
            )
        ) from error


def dotted(path: tuple[Any, ...]) -> str:
    """Return a path as text, such as `rules.0.window`."""
    return ".".join(str(step) for step in path)


def line_of(text: str, path: tuple[Any, ...]) -> int:
    """Return the line (from 1) of `path` in valid YAML `text`: for errors found after validation."""
    return _line(yaml.compose(text, Loader=_Loader), path)


def read(path: Path) -> str:
    """Return the file's text. Raises ConfigError where it is missing, not readable or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file (write one with: newsquake init)") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 (byte {error.start})") from error
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error


def load(path: Path, model: type[Model]) -> Model:
    """Return the validated content of a YAML file. Raises ConfigError with file and line of every error."""
    return parse(read(path), model, str(path))
