"""Comparing two JSON objects part by part, for checks of a pack against the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from alerts.evidence.verify.checks import Check, listed

MOST_LISTED = 5
"""Parts that differ which a check lists; it counts the others."""


def json_object(text: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def compare(
    what: str,
    told: Mapping[str, Any],
    found: Mapping[str, Any],
    fine: str,
    who: tuple[str, str] = ("the pack says", "the store"),
) -> Check:
    """Agrees where every part does; else says of each that does not what either has."""
    wrong = [
        f"{name}: {who[0]} {shortened(told.get(name))}, {who[1]} {shortened(found.get(name))}"
        for name in sorted({*told, *found})
        if told.get(name) != found.get(name)
    ]
    return Check(what, "differs", listed(wrong, MOST_LISTED, "; ")) if wrong else Check(what, "agrees", fine)


def shortened(value: Any) -> str:
    said = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    said = "".join(char if char.isprintable() else " " for char in said)
    return said if len(said) <= 60 else said[:59] + "…"
