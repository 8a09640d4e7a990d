"""Which lists of companies are used, and the big ones read once: parsed, they are kept in the cache folder.

In this order: lists that are named (`--entities`, `classifier.entities`, then $NEWSQUAKE_ENTITIES_LISTS), and if none
of them is a public list, what `newsquake entities import` keeps in the user's data folder, else the lists that lie in
../shared/data/entities beside a checkout. `none` among the named: the named ones and the built-in companies only.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import platformdirs

from classifier.entities import catalogue, public, words
from classifier.entities.entity import Entity
from core.folders import cache_folder

VARIABLE: Final = "NEWSQUAKE_ENTITIES_LISTS"
NONE: Final = "none"
CHECKOUT: Final = Path(__file__).parents[2]
_BESIDE: Final = ("sp500.parquet", "sec_company_tickers.parquet", "cn_a_share.parquet", "nse_aliases.csv")
"""What is looked for in ../shared/data/entities; the curated names of the S&P 500 before the registers."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The files that count, in order: a user's `own` before the built-in companies, `public` ones behind them."""

    own: tuple[Path, ...] = ()
    public: tuple[Path, ...] = ()
    where: str = ""
    """Where public lists were found that nobody named."""


def imported() -> Path:
    """Where `newsquake entities import` writes by default, and where it is looked for."""
    return Path(platformdirs.user_data_dir("newsquake")) / "entities.yaml"


def beside() -> Path:
    """The folder of public lists beside a checkout; it need not be there."""
    return CHECKOUT.parent / "shared" / "data" / "entities"


def chosen(named: Sequence[Path] = ()) -> Lists:
    """Return the lists in use, given those a command or the settings name."""
    told = [*named, *(Path(p) for p in os.environ.get(VARIABLE, "").split(os.pathsep) if p)]
    files = [p for p in told if p.name != NONE]  # a word, whatever lies there: a list's name has an ending
    own = tuple(p for p in files if not catalogue.is_imported(p))
    listed = tuple(p for p in files if catalogue.is_imported(p))
    if listed or len(files) < len(told):
        return Lists(own, listed)
    if imported().is_file():
        return Lists(own, (imported(),), str(imported()))
    found = tuple(beside() / name for name in _BESIDE if (beside() / name).is_file())
    return Lists(own, found, os.path.relpath(beside()) if found else "")


def companies(lists: Lists) -> list[Entity]:
    """Return all companies of `lists` and the built-in ones. Raises ConfigError for a list that cannot be read."""
    own = [catalogue.of_list(path) for path in lists.own]
    return catalogue.merged([*own, _built_in()], _public(lists.public))


def told(lists: Lists, entities: Sequence[Entity]) -> str:
    """Return one line: how many companies are looked for, and where they are from."""
    built_in = len(_built_in())
    further = len(entities) - built_in
    if not lists.own and not lists.public:
        return f"companies: {built_in} built in (more: `newsquake entities import`)"
    place = lists.where or ", ".join(str(p) for p in (*lists.own, *lists.public))
    return f"companies: {built_in} built in, {further:,} of {place}"


@lru_cache(1)
def _built_in() -> list[Entity]:
    return catalogue.of_yaml(catalogue.BUILTIN)


def _public(paths: Sequence[Path]) -> list[list[Entity]]:
    """The public lists, each id's names as read; from the cache folder where they were read before."""
    if not paths:
        return []
    kept = None
    with suppress(OSError, ValueError, TypeError):
        kept = cache_folder() / f"companies-{_key(paths)}.json"
        return [[_entity(row) for row in one] for one in json.loads(kept.read_text(encoding="utf-8"))]
    read = [catalogue.of_list(path) for path in paths]
    if kept is not None:
        with suppress(OSError):
            part = kept.with_suffix(f".{os.getpid()}.part")
            rows = [[(e.id, e.name, e.aliases, e.careful, e.strict) for e in one] for one in read]
            part.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
            part.replace(kept)
    return read


def _entity(row: list[object]) -> Entity:
    key, name, *surfaces = row
    plain, careful, strict = (tuple(map(str, one)) for one in surfaces if isinstance(one, list))
    return Entity(str(key), str(name), plain, careful, strict)


def _key(paths: Sequence[Path]) -> str:
    """Of what the files hold and how they are read. Raises OSError."""
    content = hashlib.sha256(words.written().encode())
    for source in (public, catalogue):
        content.update(Path(str(source.__file__)).with_suffix("").with_suffix(".py").read_bytes())
    for path in paths:
        content.update(path.suffix.encode() + path.read_bytes())
    return content.hexdigest()[:16]
