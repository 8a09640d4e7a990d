"""One figure of an evidence pack, derived again: whether it agrees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec


@dataclass(frozen=True)
class Check:
    """One figure: `agrees`, `differs`, or `unknown` where the pack does not hold what it takes.

    `stated`: nothing is derived from it, and it is derived from nothing.
    """

    what: str
    verdict: Literal["agrees", "differs", "unknown", "stated"]
    detail: str


def same(what: str, told: Any, found: Any) -> Check:
    """Agrees where the two are equal."""
    if told == found:
        return Check(what, "agrees", _shown(told))
    return Check(what, "differs", f"the pack says {_shown(told)}, derived {_shown(found)}")


NO_SUCH_CONTENT = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What deriving ends in where a part is missing, is of another kind, or is a number that nobody's desk writes."""


def guarded(what: str, checks: Iterable[Check]) -> list[Check]:
    """All checks, up to the first that cannot be made of what is there: which differs, since no desk wrote it."""
    made: list[Check] = []
    try:
        for check in checks:
            made.append(check)
    except NO_SUCH_CONTENT as error:
        said = f"a part is missing, or not what it should be ({type(error).__name__}: {error})"
        made.append(Check(what, "differs", said))
    return made


def listed(names: Sequence[str], most: int = 3, between: str = ", ") -> str:
    """The first few names, and how many more.

    >>> listed(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    more = len(names) - most
    return between.join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _shown(value: Any) -> str:
    """As a person reads it: words as they are, everything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
