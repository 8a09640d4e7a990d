"""Times of a series' rows: ISO 8601, or numbers since 1970."""

from __future__ import annotations

import math
from datetime import UTC, datetime

_EPOCH = {10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}
"""Digits of a time since 1970 -> its units a second (2001 to 2286)."""


def utc_seconds(moment: datetime) -> float:
    """Return the seconds since 1970 of a moment; a naive one is UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def parse_seconds(text: str) -> float | None:
    """Return the seconds since 1970 of ISO 8601 text, or of s, ms, µs or ns since 1970; other numbers are seconds.

    None where it is neither.

    >>> parse_seconds("2026-01-01"), parse_seconds("1767225600000"), parse_seconds("7.5"), parse_seconds("noon")
    (1767225600.0, 1767225600.0, 7.5, None)
    """
    text = text.strip()
    # Before ISO: thirteen digits would read as the year 1768, a month, a day and an hour.
    if len(text) in _EPOCH and text.isascii() and text.isdigit():
        return int(text) / _EPOCH[len(text)]
    try:
        return utc_seconds(datetime.fromisoformat(text))
    except ValueError:
        try:
            seconds = float(text)
        except ValueError:
            return None
        return seconds if math.isfinite(seconds) else None
