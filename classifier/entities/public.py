"""The big public lists in their own forms: SEC, S&P 500, A-shares, NSE aliases, or plain columns.

What a name needs to count hangs on what it is made of (words.py) and how large the company is: thousands of small
companies are called Banner, First Financial or 机器人, and a text that says so seldom means them.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from classifier.entities.entity import Entity
from classifier.entities.fold import folded
from classifier.entities.forms import identity
from classifier.entities.words import everyday
from core.errors import ConfigError

Row = dict[str, Any]
LARGE: Final = 1_500
"""The SEC's list goes by market value: so many from its top are companies that headlines name."""
_LEGAL: Final = re.compile(
    r"[\s,]+(?:inc|corp|corporation|co|company|ltd|limited|plc|llc|lp|sa|s\.a|ag|nv|n\.v|se|group|holdings?|trust|adr"
    r"|the|/[a-z]{2}/?|/(?:adr|new|fi)/?|\([^)]*\)|class [a-c]|cl [a-c]|& co|\.com)\.?$",
    re.IGNORECASE,
)
_GROUPS_IN: Final = re.compile(
    r"\b(?:stocks|shares|sector|space|makers|banks|companies|cos|markets?|futures|bonds?|prices|indices|index|investors|"
    r"currencies|funds|firms|players|stock exchange|economy)\b"
)
"""Small words of an NSE "company" that is a sector, an index or a good."""
_COMPANY_IN: Final = re.compile(
    r"\b(?:Ltd|ltd|Limited|Corp|Corporation|Co|Company|Bank|Inc|Industries|India|Motors|Consolidated)\b"
)
_ANYONES: Final = frozenset(
    ("cbi", "central bank", "union bank", "united bank", "corporation bank", "power grid", "coffee day")
)
"""Names that others have as well, or that are no names."""
_MARKED: Final = re.compile(r"^(?:S?\*?ST|PT|[NC](?=[\u4e00-\u9fff]))|-?[UWVK]+$|-[A-Z]+$")
_CUT_SHORT: Final = re.compile(r"^(?:XD|XR|DR|NST|N|C)")
"""Before a name on the day of a dividend or listing: the name behind it is cut to three characters."""


def short(name: str) -> str:
    """A company's name without its legal form: "APPLIED MATERIALS INC /DE" -> "APPLIED MATERIALS"."""
    before = ""
    while before != name:
        before, name = name, _LEGAL.sub("", name).strip(" ,")
    return name


def western(entity: str, title: str, *, large: bool, known: bool = False) -> Entity:
    """An entity of a list in English. `large`: headlines name it; `known`: its name is told as they do.

    >>> western("US:W", "Wayfair Inc.", large=True).careful, western("US:BANR", "BANNER CORP", large=False).strict
    (('Wayfair',), ('Banner',))
    """
    core = short(title)
    if core.isupper() and len(core) > 4:
        core = core.title().replace("'S", "'s")
    several = " " in core and len(core) >= 8
    if len(core) < 3:
        return Entity(entity, core, ())
    if everyday(core):
        if several and known:
            return Entity(entity, core, (core,))
        return (
            Entity(entity, core, (), (core,)) if several and large else Entity(entity, core, (), (), (core,))
        )
    if several or (known and len(core) >= 5):
        return Entity(entity, core, (core,))
    return (
        Entity(entity, core, (), (core,))
        if large or len(core) >= 4
        else Entity(entity, core, (), (), (core,))
    )


def _sec(rows: list[Row]) -> Iterator[Entity]:
    first: set[str] = set()
    for row in rows:  # the first ticker of a company is its common stock
        if str(row["cik_str"]) not in first:
            first.add(str(row["cik_str"]))
            yield western(identity("US", str(row["ticker"])), str(row["title"]), large=len(first) <= LARGE)


def _sp500(rows: list[Row]) -> Iterator[Entity]:
    for row in rows:
        yield western(identity("US", str(row["Symbol"])), str(row["Security"]), large=True, known=True)


def _chinese(value: object) -> str:
    """A name of the A-share list as texts write it: no blanks, one width of letters.

    >>> _chinese("万  科Ａ")
    '万科A'
    """
    name = "" if value is None or value != value else str(value)
    return re.sub(r"\s", "", "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in name))


def _a_share(rows: list[Row]) -> Iterator[Entity]:
    today = {_bare(_chinese(row["name"])): row["code"] for row in rows}
    beginnings = Counter(_chinese(row["name"])[:2] for row in rows)
    for row in rows:
        written = [n for n in (_chinese(row.get(k)) for k in ("name", "name_norm", "name_2018")) if n]
        names: list[str] = []
        for name in written:
            if _CUT_SHORT.match(name) and len(name) >= 5:
                continue
            bare = _bare(name)
            if (
                today.get(bare, row["code"]) == row["code"]
            ):  # what another is called today is no longer this one's
                names += [name, bare]
                if len(bare) == 4 and not bare.startswith(("中国", "东方")) and beginnings[bare[:2]] <= 1:
                    names += [f"ST{bare[:2]}", f"退市{bare[:2]}"]  # what the exchange calls it in trouble
        raw = folded(str(row["name"] or ""))
        if " " in raw:
            names.append(raw)  # as exchanges print two characters: 万  科A
        usable = list(dict.fromkeys(n for n in names if len(n) >= 2))
        strict = tuple(n for n in usable if everyday(n) or (len(n) == 2 and not n.isascii()))
        plain = tuple(n for n in usable if n not in strict)
        shown = next((n for n in written), str(row["code"]))
        yield Entity(f"CN:{row['code']}", shown, plain, (), strict)
        english = row.get("name_en")
        if isinstance(english, str) and (core := short(english)) and " " in core and not everyday(core):
            yield Entity(f"CN:{row['code']}", shown, (core,))


def _bare(name: str) -> str:
    """Without a mark of trouble or of share class: *ST海润 -> 海润, 深振业A -> 深振业."""
    name = _MARKED.sub("", name)
    return name[:-1] if len(name) >= 3 and name[-1] in "AB" and not name[-2].isascii() else name


def _nse(rows: list[Row]) -> Iterator[Entity]:
    for row in rows:
        code = identity("IN", re.sub(r"[^\w.\-&]", "", str(row["Symbol"])))
        names = [a.strip() for a in str(row["Entity"]).split(",")]
        if any(_GROUPS_IN.search(a) for a in names) or not any(
            _COMPANY_IN.search(a) and a != "rural India" for a in names
        ):
            continue
        listed = short(names[0])
        several = list(dict.fromkeys(short(a) for a in names if len(short(a)) >= 2))
        kinds: dict[str, list[str]] = {"plain": [], "careful": [], "strict": []}
        for name in several:
            kinds[_kind(name, listed)].append(name)
        if several:
            yield Entity(code, listed, tuple(kinds["plain"]), tuple(kinds["careful"]), tuple(kinds["strict"]))


def _kind(name: str, listed: str) -> str:
    """How much an Indian company's name needs; codes are as people write them (ONGC)."""
    if name.lower() in _ANYONES:
        return "strict"
    if everyday(name):
        return "careful" if " " in name and len(name) >= 8 else "strict"
    if len(name) <= 3:
        return "careful"
    if name.isupper() or (" " in name and len(name) >= 8):
        return "plain"
    return "plain" if len(name) >= 5 and name == listed else "careful"


def _plain(rows: list[Row]) -> Iterator[Entity]:
    for row in rows:
        names = (str(row["name"]), str(row.get("alias") or row["name"]))
        yield Entity(str(row["entity"]), names[0], tuple(dict.fromkeys(names)))


_READERS: Final[list[tuple[set[str], Callable[[list[Row]], Iterator[Entity]]]]] = [
    ({"cik_str", "ticker", "title"}, _sec),
    ({"Symbol", "Security"}, _sp500),
    ({"code", "name", "name_2018"}, _a_share),
    ({"entity", "name"}, _plain),
    ({"Symbol", "Entity"}, _nse),
]


def _rows(path: Path) -> list[Row]:
    if path.suffix == ".parquet":
        import pyarrow.parquet

        rows: list[Row] = pyarrow.parquet.read_table(path).to_pylist()
        return rows
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def of_table(path: Path) -> list[Entity]:
    """Read a CSV or Parquet; the columns say which list it is.

    Known: SEC (ticker, title), S&P 500 (Symbol, Security), A-shares (code, name, name_2018, name_en), NSE
    aliases, or plain (entity, name, alias). Raises ConfigError for others.
    """
    try:
        rows = _rows(path)
    except (OSError, ValueError, ImportError, csv.Error) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    columns = set(rows[0]) if rows else set()
    for needed, reader in _READERS:
        if needed <= columns:
            return _once(reader(rows))
    known = "; ".join(", ".join(sorted(n)) for n, _ in _READERS)
    raise ConfigError(f"{path}: columns {', '.join(sorted(columns))}; expected one of: {known}")


def _once(entities: Iterable[Entity]) -> list[Entity]:
    """Each id once, with the names of all its rows."""
    out: dict[str, Entity] = {}
    for one in entities:
        out[one.id] = out[one.id].with_names(one) if one.id in out else one
    return list(out.values())
