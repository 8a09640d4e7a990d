"""Faults between the entries of a rules file that has wrong entries too, so that all are told at once.

What pydantic refused is put aside key by key until the rest is a file, and that is judged like any other. A fault
that may only come of what was put aside waits until that is mended.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from alerts.rules.schema import RulesFile
from alerts.rules.validation import Fault, faults

Path = tuple[Any, ...]
_ROUNDS = 8
"""Putting one key aside can show another fault of the same entry; not many, or the file is none."""
_STAND_INS: dict[str, dict[str, Any]] = {
    "rules": {"series": ["all"], "threshold": 0.5},
    "immediate": {"topics": ["*"]},
    "outages": {"kind": "source_silent"},
    "inhibit": {"by": {}, "what": {}},
    "maintenance": {"weekly": "Sat 22:00 - Sun 04:00", "reason": "stands in"},
}
"""An entry of each section that is right: it keeps the others' places where one cannot be mended by leaving out."""
_JUDGED_TOGETHER = {"metric", "direction", "threshold", "detector"}


def remaining_faults(data: dict[str, Any]) -> Iterator[Fault]:
    """What else is wrong in `data`, which pydantic refused."""
    left, aside = deepcopy(data), set[Path]()
    for _ in range(_ROUNDS):
        try:
            file = RulesFile.model_validate(left)
        except ValidationError as error:
            for fault in error.errors():
                if not fault["loc"]:
                    return
                # A part of a key is put aside with the whole key: an empty detector would be no better.
                path = fault["loc"][:3]
                aside.add(path)
                _put_aside(left, path)
        else:
            yield from (
                (where, words) for where, words in faults(file, whole=False) if not _waits(where, aside)
            )
            return


def _put_aside(data: dict[str, Any], path: Path) -> None:
    """Leave out a key, or put in its place what is right."""
    section, *rest = path
    entries, stand_in = data.get(section), _STAND_INS.get(section)
    if not rest or not isinstance(entries, list) or stand_in is None:
        if len(rest) and isinstance(entries, dict):
            entries.pop(rest[0], None)
        else:
            data.pop(section, None)
        return
    at = rest[0]
    named = stand_in if section == "inhibit" else {"name": f"stands-in-{at}", **stand_in}
    if len(rest) == 1 or not isinstance(entries[at], dict):
        entries[at] = dict(named)
        return
    entries[at].pop(rest[1], None)
    if rest[1] in named:
        entries[at][rest[1]] = named[rest[1]]


def _waits(where: Path, aside: set[Path]) -> bool:
    """Whether a fault may come of what was put aside: at, above or below it, or judged together with it."""
    for path in aside:
        shared = min(len(where), len(path))
        if where[:shared] == path[:shared]:
            return True
        if where[-1] == "watch_list" and path[0] == "watch_lists":
            return True
        if where[:2] == path[:2] and where[-1] in _JUDGED_TOGETHER and path[-1] in _JUDGED_TOGETHER:
            return True
    return False
