"""One figure of an evidence pack, derived again: whether it agrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec


@dataclass(frozen=True)
class Check:
    """One figure: `agrees`, `differs`, or `unknown` where the pack does not hold what it takes."""

    what: str
    verdict: Literal["agrees", "differs", "unknown"]
    detail: str


def same(what: str, told: Any, found: Any) -> Check:
    """Agrees where the two are equal."""
    if told == found:
        return Check(what, "agrees", _shown(told))
    return Check(what, "differs", f"the pack says {_shown(told)}, derived {_shown(found)}")


def _shown(value: Any) -> str:
    """As a person reads it: words as they are, everything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
