"""Faults between the entries of a rules file that pydantic refused, so that all faults are reported at once.

What pydantic refused is left out key by key until the rest is a valid file, which is then validated like any other. A
fault that may be caused by what was left out is not reported until that is corrected.
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
"""Leaving out one key can uncover another fault of the same entry; after so many rounds the file is given up."""
_PLACEHOLDERS: dict[str, dict[str, Any]] = {
    "rules": {"series": ["all"], "threshold": 0.5},
    "immediate": {"topics": ["*"]},
    "outages": {"kind": "source_silent"},
    "inhibit": {"by": {}, "what": {}},
    "maintenance": {"weekly": "Sat 22:00 - Sun 04:00", "reason": "placeholder"},
}
"""A valid entry of each section: it takes the place of an entry that leaving out a key does not make valid."""
_DEPENDENT_KEYS = {"metric", "direction", "threshold", "detector"}


def remaining_faults(data: dict[str, Any]) -> Iterator[Fault]:
    """Yield the faults between entries of `data`, which pydantic refused: those that its own faults cannot cause."""
    left, left_out = deepcopy(data), set[Path]()
    for _ in range(_ROUNDS):
        try:
            file = RulesFile.model_validate(left)
        except ValidationError as error:
            for fault in error.errors():
                if not fault["loc"]:
                    return
                # A part of a key is left out with the whole key: an empty detector would be a fault as well.
                path = fault["loc"][:3]
                left_out.add(path)
                _leave_out(left, path)
        else:
            yield from (
                (where, words)
                for where, words in faults(file, whole=False)
                if not _may_be_caused(where, left_out)
            )
            return


def _leave_out(data: dict[str, Any], path: Path) -> None:
    """Delete the key at `path` from `data`, or replace its entry by a valid one."""
    section, *rest = path
    entries, placeholder = data.get(section), _PLACEHOLDERS.get(section)
    if not rest or not isinstance(entries, list) or placeholder is None:
        if len(rest) and isinstance(entries, dict):
            entries.pop(rest[0], None)
        else:
            data.pop(section, None)
        return
    at = rest[0]
    named = placeholder if section == "inhibit" else {"name": f"placeholder-{at}", **placeholder}
    if len(rest) == 1 or not isinstance(entries[at], dict):
        entries[at] = dict(named)
        return
    entries[at].pop(rest[1], None)
    if rest[1] in named:
        entries[at][rest[1]] = named[rest[1]]


def _may_be_caused(where: Path, left_out: set[Path]) -> bool:
    """Whether what was left out may cause a fault at `where`: the same path, one above or below, or a dependent key."""
    for path in left_out:
        shared = min(len(where), len(path))
        if where[:shared] == path[:shared]:
            return True
        if where[-1] == "watch_list" and path[0] == "watch_lists":
            return True
        if where[:2] == path[:2] and where[-1] in _DEPENDENT_KEYS and path[-1] in _DEPENDENT_KEYS:
            return True
    return False
