"""A table as a file: CSV that no spreadsheet takes for formulas, and Parquet."""

from __future__ import annotations

import io

import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_bytes(table: pd.DataFrame) -> bytes:
    """UTF-8 with a byte-order mark (spreadsheets need it for Chinese). A text that would start a formula gets a `'`.

    >>> csv_bytes(pd.DataFrame({"title": ["=1+1", "up 3 %"]})).decode("utf-8-sig").split()[1]
    "'=1+1"
    """
    safe = table.copy()
    for name in safe.columns:
        safe[name] = [
            f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in safe[name]
        ]
    text: str = safe.to_csv(index=False)
    return text.encode("utf-8-sig")


def parquet_bytes(table: pd.DataFrame) -> bytes:
    """The table as Parquet."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()
