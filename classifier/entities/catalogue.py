"""Lists of companies: the built-in YAML, a user's YAML, and the big public lists in their own forms."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from core.errors import ConfigError

BUILTIN: Final = Path(__file__).parent / "builtin.yaml"
_ENTITY: Final = re.compile(r"[A-Z]{1,3}:[\w.\-]{1,32}")
_LEGAL: Final = re.compile(
    r"[\s,]+(?:inc|corp|corporation|co|company|ltd|limited|plc|llc|lp|sa|ag|nv|se|group|holdings?|trust"
    r"|the|/[a-z]{2}/?|\([^)]*\)|class [a-c]|& co)\.?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Entity:
    """A company: `id` COUNTRY:TICKER or X:slug, the name to show, and surfaces; `careful` needs context."""

    id: str
    name: str
    aliases: tuple[str, ...]
    careful: tuple[str, ...] = ()


def of_yaml(path: Path) -> list[Entity]:
    """Read `ENTITY: [name, alias, "everyday word?"]`, or `ENTITY: {name: ..., aliases: [...]}`.

    Raises ConfigError naming the file and the entry.
    """
    try:
        content = yaml.load(
            path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )
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
    if not _ENTITY.fullmatch(key):
        raise ConfigError(f"{path}: {key!r}: expected COUNTRY:TICKER, or X:slug for your own")
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(v, str) and v.strip("? ") for v in value)
    ):
        raise ConfigError(f"{path}: {key}: expected a list of names, the first is shown")
    plain = tuple(v for v in value if not v.endswith("?"))
    careful = tuple(v[:-1] for v in value if v.endswith("?"))
    return Entity(key, value[0].rstrip("?"), plain, careful)


def short(name: str) -> str:
    """A company's name without its legal form: "APPLIED MATERIALS INC /DE" -> "APPLIED MATERIALS"."""
    before = ""
    while before != name:
        before, name = name, _LEGAL.sub("", name).strip(" ,")
    return name


def _western(entity: str, title: str) -> Entity:
    """An entity of a big list: one-word names and capitals need context, longer ones stand alone."""
    core = short(title)
    if core.isupper():
        core = core.title()
    if " " in core and len(core) >= 8:
        return Entity(entity, core, (core,))
    return Entity(entity, core, (), (core,) if len(core) >= 4 else ())


def _rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        import pandas as pd

        return [{str(k): v for k, v in r.items()} for r in pd.read_parquet(path).to_dict("records")]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def of_list(path: Path) -> list[Entity]:
    """Read a list in YAML, CSV or Parquet; the columns say which public list it is.

    Known: SEC (ticker, title), S&P 500 (Symbol, Security), A-shares (code, name, name_2018, name_en), NSE
    aliases, or plain (entity, name, alias). Raises ConfigError for others.
    """
    if path.suffix in (".yaml", ".yml"):
        return of_yaml(path)
    try:
        rows = _rows(path)
    except (OSError, ValueError, ImportError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    columns = set(rows[0]) if rows else set()
    for needed, reader in _READERS:
        if needed <= columns:
            return list(reader(rows))
    known = "; ".join(", ".join(sorted(n)) for n, _ in _READERS)
    raise ConfigError(f"{path}: columns {', '.join(sorted(columns))}; expected one of: {known}")


def _sec(rows: list[dict[str, Any]]) -> Iterator[Entity]:
    first: set[str] = set()
    for row in rows:  # the first ticker of a company is its common stock
        if str(row["cik_str"]) not in first:
            first.add(str(row["cik_str"]))
            yield _western(f"US:{row['ticker']}", str(row["title"]))


def _sp500(rows: list[dict[str, Any]]) -> Iterator[Entity]:
    for row in rows:
        yield _western(f"US:{row['Symbol']}", str(row["Security"]))


def _a_share(rows: list[dict[str, Any]]) -> Iterator[Entity]:
    for row in rows:
        names = [str(row.get(k) or "") for k in ("name", "name_norm", "name_2018")]
        clean = dict.fromkeys(re.sub(r"^(?:\*?ST|N|XD|XR|DR)|[-Ａ-ＺA-Z]+$|\s", "", n) for n in names)
        usable = [n for n in clean if len(n) >= 3 and n != "nan"]
        careful = tuple(n for n in usable if n in EVERYDAY_ZH)
        yield Entity(f"CN:{row['code']}", names[0], tuple(n for n in usable if n not in EVERYDAY_ZH), careful)


def _nse(rows: list[dict[str, Any]]) -> Iterator[Entity]:
    for row in rows:
        code = str(row["Symbol"])
        names = [a.strip() for a in str(row["Entity"]).split(",")]
        several = list(dict.fromkeys(short(a) for a in names if len(a) >= 4 and a != code))
        if several:
            plain = tuple(a for a in several if " " in a and len(a) >= 8)
            yield Entity(f"IN:{code}", several[0], plain, tuple(a for a in several if a not in plain))


def _plain(rows: list[dict[str, Any]]) -> Iterator[Entity]:
    for row in rows:
        yield Entity(
            str(row["entity"]), str(row["name"]), (str(row["name"]), str(row.get("alias") or row["name"]))
        )


_READERS: Final = [
    ({"cik_str", "ticker", "title"}, _sec),
    ({"Symbol", "Security"}, _sp500),
    ({"code", "name", "name_2018"}, _a_share),
    ({"entity", "name"}, _plain),
    ({"Symbol", "Entity"}, _nse),
]
EVERYDAY_ZH: Final = frozenset(
    (
        "机器人",
        "太阳能",
        "中关村",
        "新希望",
        "好想你",
        "大东方",
        "万里马",
        "开开实业",
        "光明",
        "星期六",
        "老百姓",
        "金种子",
    )
)
"""A-share names that are everyday words."""


def merged(lists: Iterable[list[Entity]]) -> list[Entity]:
    """Earlier lists win where an id recurs, later ones add their names to it."""
    out: dict[str, Entity] = {}
    for entities in lists:
        for e in entities:
            known = out.get(e.id)
            out[e.id] = (
                e
                if known is None
                else Entity(
                    e.id,
                    known.name,
                    tuple(dict.fromkeys(known.aliases + e.aliases)),
                    tuple(
                        dict.fromkeys(known.careful + tuple(c for c in e.careful if c not in known.aliases))
                    ),
                )
            )
    return list(out.values())


def dump(entities: Iterable[Entity]) -> str:
    """Return the YAML form that of_yaml reads."""
    content = {e.id: [*(e.aliases or ()), *(f"{c}?" for c in e.careful)] or [e.name] for e in entities}
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=True, default_flow_style=None, width=10_000)
