"""A check: whether one figure of an evidence pack agrees with what was derived again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec


@dataclass(frozen=True)
class Check:
    """The outcome for one figure: `agrees`, `differs`, or `unknown` where the pack lacks what the derivation needs.

    `stated`: nothing is derived from it, and it is derived from nothing.
    """

    what: str
    verdict: Literal["agrees", "differs", "unknown", "stated"]
    detail: str


def same(what: str, given: Any, found: Any) -> Check:
    """Return a check that agrees where `given`, the pack's value, equals `found`, the derived one."""
    if given == found:
        return Check(what, "agrees", _shown(given))
    return Check(what, "differs", f"the pack says {_shown(given)}, derived {_shown(found)}")


_INVALID_CONTENT = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""Errors of a derivation where a part is missing, is of another type, or is a number that no desk writes."""


def guarded(what: str, checks: Iterable[Check]) -> list[Check]:
    """Return `checks`, up to the first that the content is invalid for: that one differs, and is called `what`."""
    made: list[Check] = []
    try:
        for check in checks:
            made.append(check)
    except _INVALID_CONTENT as error:
        detail = f"a part is missing, or not what it should be ({type(error).__name__}: {error})"
        made.append(Check(what, "differs", detail))
    return made


def listed(names: Sequence[str], most: int = 3, between: str = ", ") -> str:
    """Return the first `most` names and the number of the others.

    >>> listed(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    more = len(names) - most
    return between.join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _shown(value: Any) -> str:
    """Return text as it is, everything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
