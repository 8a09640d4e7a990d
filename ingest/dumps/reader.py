"""What readers of dumps have in common: rows in batches of bounded size, and the original of a row that is dead."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from core.errors import ConfigError, Reason
from core.tabular.files import DAMAGED, FileFormat
from core.times import iso
from ingest.dumps.columns import FIELDS, map_columns, names_for

BATCH_ROWS = 1000
BATCH_BYTES = 4 << 20
LINE_BYTES = 64 << 20
"""A longer line (or csv field) is no article; it is passed over in pieces and reported as too large."""


@dataclass(frozen=True)
class RowFault:
    """Why something in a dump cannot be read as a row."""

    reason: Reason
    detail: str


Original = bytes | list[str] | None
"""A row as the file has it: its bytes or cells, or None where only the values are there (parquet)."""
Row = tuple[int, tuple[Any, ...] | RowFault, Original]
"""Number from 0, values in the order of columns.FIELDS and then of the extras (or a fault), and the original.

Numbers count rows, not lines, and are the same every time the file is read: origins rest on them.
"""


class DumpReader:
    """One file. `columns` and `mapping` are known after open; `batches()` may be called again and starts over."""

    exact_times = False
    """published_at comes as integer milliseconds already (a typed column)."""
    dates_only = False
    """published_at is a column of dates without a time."""

    def __init__(self, path: Path, kind: FileFormat, named_columns: Mapping[str, str]) -> None:
        self.path, self.kind, self.named_columns = path, kind, dict(named_columns)
        self.columns: list[str] = []
        self.mapping: dict[str, str] = {}
        self.extras: list[str] = [field for field in named_columns if field.startswith("extra.")]

    def _settle(self, columns: Sequence[str]) -> None:
        self.columns = list(columns)
        self.mapping = map_columns(self.columns, self.named_columns, str(self.path))

    @property
    def wanted(self) -> list[str | None]:
        """Per field (and extra) the name of its column, or None."""
        return [self.mapping.get(field) for field in (*FIELDS, *self.extras)]

    def batches(self) -> Generator[list[Row]]:
        """Yield all rows, in batches of bounded size; each call begins at the first.

        Raises ConfigError where the file is damaged.
        """
        try:
            yield from self._batches()
        except (*DAMAGED, OSError) as error:
            text = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise ConfigError(f"{self.path}: cannot be read to its end: {text}") from error

    def _batches(self) -> Iterator[list[Row]]:
        raise NotImplementedError

    def count(self) -> int | None:
        """Return the number of rows, or None where it is known only after reading them all."""
        return None

    def original(self, values: tuple[Any, ...] | RowFault, found: Original) -> bytes:
        """Return what a dead letter keeps of a row: its bytes, or a JSON object of its columns by their own names.

        A row can be read again from it by another mapping.
        """
        if isinstance(found, bytes):
            return found
        if found is not None:
            cells: dict[str, Any] = {}
            for name, cell in zip(self.columns, found, strict=False):
                cells.setdefault(name, cell)
        elif isinstance(values, RowFault):
            return b""
        else:
            cells = {
                name: moment_text(value) if field == "published_at" and self.exact_times else value
                for field, name, value in zip((*FIELDS, *self.extras), self.wanted, values, strict=True)
                if name is not None and value is not None
            }
        return orjson.dumps(cells, default=str, option=orjson.OPT_NON_STR_KEYS)


def values_of(record: Mapping[str, Any], named_columns: Mapping[str, str]) -> tuple[Any, ...]:
    """Return a record's values in the order of FIELDS, then of the extras in `named_columns`; None for absent ones."""
    extras = [field for field in named_columns if field.startswith("extra.")]
    names = names_for(list(record), named_columns, (*FIELDS, *extras))
    return tuple(None if name is None else record.get(name) for name in names)


def moment_text(ms: int) -> str:
    """Return milliseconds as an ISO 8601 time, or as a number where they are out of a datetime's range."""
    try:
        return iso(ms)
    except (OverflowError, ValueError):
        return str(ms)
