"""The companies that a row or item names, as a list."""

from __future__ import annotations

from typing import Any

from ingest.text.clean import clean, empty_word


def ticker_list(value: Any) -> list[str]:
    """Return the tickers of a text or a list, sorted, without `$`; empty where it has none.

    >>> ticker_list("$MSFT, AAPL")
    ['AAPL', 'MSFT']
    """
    if isinstance(value, str) and value.isalnum() and not empty_word(value):
        return [value]
    parts = value.replace(";", ",").replace("|", ",").split(",") if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple)):
        parts = [parts]
    names = {clean(part).lstrip("$").strip() for part in parts}
    return sorted(name for name in names if name and not empty_word(name))[:500]
