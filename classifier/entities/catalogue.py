"""Lists of companies as YAML, and several lists as one; the big public ones are read in public.py."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import yaml

from classifier.entities.entity import ID, Entity
from classifier.entities.public import of_table
from core.errors import ConfigError
from core.yamlfile import QuickLoader

BUILTIN: Final = Path(__file__).parent / "builtin.yaml"
IMPORTED: Final = "# Imported from public lists: the built-in names go before these.\n"
"""First line of what `newsquake entities import` writes; a list without it is a user's own and goes before them."""


def of_yaml(path: Path) -> list[Entity]:
    """Read `ENTITY: [name, alias, "everyday word?"]`, or `ENTITY: {name: ..., aliases: [...]}`.

    A name that ends in ? is an everyday word too and needs company words near it; ?? right beside it.

    Raises ConfigError naming the file and the entry, or the line of one that stands twice.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=QuickLoader)
    except yaml.constructor.ConstructorError as error:  # YAML, but a key stands twice or is none
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path}:{line}: {error.problem}") from error
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected `ENTITY: [name, alias, ...]`, found {type(content).__name__}")
    return [_entity(path, str(key), value) for key, value in content.items()]


def _entity(path: Path, key: str, value: Any) -> Entity:
    if isinstance(value, dict):
        value = [value.get("name"), *(value.get("aliases") or [])]
    if isinstance(value, str):
        value = [value]
    if not ID.fullmatch(key):
        raise ConfigError(f"{path}: {key!r}: expected COUNTRY:TICKER, or X:slug for your own")
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(v, str) and v.strip("? ") for v in value)
    ):
        raise ConfigError(f"{path}: {key}: expected a list of names, the first is shown")
    plain = tuple(v for v in value if not v.endswith("?"))
    careful = tuple(v[:-1] for v in value if v.endswith("?") and not v.endswith("??"))
    strict = tuple(v[:-2] for v in value if v.endswith("??"))
    return Entity(key, value[0].rstrip("?"), plain, careful, strict)


def is_imported(path: Path) -> bool:
    """Whether the list is a public one, or was made of such, and so goes behind the built-in names."""
    if path.suffix not in (".yaml", ".yml"):
        return True
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline() == IMPORTED
    except (OSError, UnicodeDecodeError):
        return False


def of_list(path: Path) -> list[Entity]:
    """Read a list in YAML, CSV or Parquet. Raises ConfigError naming the file."""
    return of_yaml(path) if path.suffix in (".yaml", ".yml") else of_table(path)


def merged(lists: Iterable[list[Entity]], public: Iterable[list[Entity]] = ()) -> list[Entity]:
    """Earlier lists win where an id recurs, later ones add their names to it.

    Lists of `public` come last, and add nothing to an id that is another company's there (a ticker given away).
    """
    out: dict[str, Entity] = {}
    for entities in lists:
        for e in entities:
            out[e.id] = out[e.id].with_names(e) if e.id in out else e
    for entities in public:
        for e in entities:
            known = out.get(e.id)
            if known is None or not known.is_another(e):
                out[e.id] = known.with_names(e) if known else e
    return list(out.values())


def dump(entities: Iterable[Entity]) -> str:
    """Return the YAML form that of_yaml reads."""
    content = {}
    for e in entities:
        names = [*e.aliases, *(f"{c}?" for c in e.careful), *(f"{c}??" for c in e.strict)]
        shown = next((n for n in names if n.rstrip("?") == e.name), None)
        content[e.id] = [shown, *(n for n in names if n != shown)] if shown else names or [e.name]
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, default_flow_style=None, width=10_000)
