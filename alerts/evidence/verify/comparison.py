"""Comparing two JSON objects part by part, for checks of a pack against the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from alerts.evidence.verify.checks import Check, listed

MOST_LISTED = 5
"""Parts that differ which a check lists; it counts the others."""


def json_object(text: str) -> dict[str, Any]:
    """Return the JSON object in `text`, an empty one where it holds none."""
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def compare(
    what: str,
    given: Mapping[str, Any],
    found: Mapping[str, Any],
    fine: str,
    who: tuple[str, str] = ("the pack says", "the store"),
) -> Check:
    """Return a check that agrees where all parts do (its detail is `fine`), and else lists both values of the others.

    `who`: how the detail names the sides of `given` and `found`.
    """
    wrong = [
        f"{name}: {who[0]} {shortened(given.get(name))}, {who[1]} {shortened(found.get(name))}"
        for name in sorted({*given, *found})
        if given.get(name) != found.get(name)
    ]
    return Check(what, "differs", listed(wrong, MOST_LISTED, "; ")) if wrong else Check(what, "agrees", fine)


def shortened(value: Any) -> str:
    """Return `value` (JSON unless it is text) in at most 60 printable characters."""
    detail = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    detail = "".join(char if char.isprintable() else " " for char in detail)
    return detail if len(detail) <= 60 else detail[:59] + "…"
