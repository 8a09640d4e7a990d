"""Every leaf of an evidence pack, and packs in which one of them is another, with the hash made again."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import msgspec

from alerts.evidence import schema
from alerts.evidence.verify.derivation import verify_pack

Path = tuple[str | int, ...]
_NEXT = {
    "pending": "firing", "firing": "resolved", "resolved": "firing",
    "low": "medium", "medium": "high", "high": "critical", "critical": "low",
}  # fmt: skip


def leaves(value: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """(path, value) of everything that holds nothing else; an empty list or dict is a leaf too."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    inside = list(items)
    if not inside:
        yield at, value
    for name, one in inside:
        yield from leaves(one, (*at, name))


def others(value: Any) -> list[Any]:
    """What the leaf could be instead, each other by enough."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [
            value + 1,
            value - 1,
            value * 7 + 100_000,
            value // 3 - 5_000,
            value + 700_000,
            value - 90_000_000,
            1,
            0,
            10**18,
        ]
    if isinstance(value, float):
        return [value * 1.5 + 0.3, value / 3 - 0.3, 0.0, 1e300]
    if value is None:
        return [0.25, "x"]
    if value == [] or value == {}:
        return [["x"], {"x": 1}]
    if value in _NEXT:
        return [_NEXT[value]]
    if value[:2] in ("19", "20") and value.endswith("Z"):
        return ["1999-01-01T00:00:00Z"]
    return [value + "x", "x" + value, "any", ""]


def changed(pack: schema.Pack, path: Path, value: Any) -> schema.Pack | None:
    """The pack with this leaf another, its hash made again; None where that is no pack at all."""
    whole = plain(pack)
    held = whole
    for name in path[:-1]:
        held = held[name]
    held[path[-1]] = value
    if isinstance(whole["fit"], dict):
        whole["fit"] = msgspec.json.encode(whole["fit"]).decode()
    try:
        made = msgspec.convert(whole, type=schema.Pack)
    except msgspec.ValidationError:
        return None
    return msgspec.structs.replace(made, hash=schema.hash_of(made))


def plain(pack: schema.Pack) -> dict[str, Any]:
    """The pack as dicts and lists; its fit, which is JSON as text, opened too."""
    whole = copy.deepcopy(msgspec.to_builtins(pack))
    if whole["fit"]:
        whole["fit"] = msgspec.json.decode(whole["fit"])
    return whole


def unfound(pack: schema.Pack) -> list[str]:
    """Leaves of which no change is found, as `articles[].title`: indices and the names of topics left out."""
    found = set()
    for path, value in leaves(plain(pack)):
        if path == ("hash",):
            continue
        packs = [made for other in others(value) if (made := changed(pack, path, other)) is not None]
        if packs and not any(differs(made) for made in packs):
            found.add(path)
    return sorted({spelled(path) for path in found})


def differs(pack: schema.Pack) -> bool:
    """Whether verify finds anything that is not as the pack says."""
    return any(check.verdict == "differs" for check in verify_pack(pack))


def spelled(path: Path) -> str:
    """`articles[].topics.energy` of its path."""
    return "".join("[]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
