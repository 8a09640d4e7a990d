"""The records of a CSV, however it is delimited: header, cells, and what is wrong with a record in its place."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from core.tabular.delimited import BrokenRecord, DelimitedRecords, StrictRule

TEXTS: Final = ("text", "title", "body")
READ: Final = ("id", *TEXTS, "language", "register")
"""Columns that are read; all others are of no concern to us."""
_DELIMITERS: Final = (",", "\t", ";", "|")
_MOST_LINES: Final = 5_000
"""No record has more lines; an open quote would take the rest of any file into memory."""
csv.field_size_limit(2**31 - 1)


def folded(name: object) -> str:
    """A column's name as it is compared: ` Text` is text.

    >>> folded(" Text"), folded("ID")
    ('text', 'id')
    """
    return str(name).strip().strip('"').strip().casefold()


def header(line: str, *, certain: bool) -> tuple[str, list[str]] | None:
    """(delimiter, folded column names) of a table's first line; None where none of them is a text column.

    `certain`: the line is known to be a header. Else it may be a text: then all names must be plain words.

    >>> header("ID;Text", certain=True), header("Stocks, text and body of law", certain=False)
    ((';', ['id', 'text']), None)
    >>> header("text", certain=False)
    (',', ['text'])
    """
    found: tuple[str, list[str]] | None = None
    for delimiter in _DELIMITERS:
        names = [folded(cell) for cell in next(csv.reader([line], delimiter=delimiter), [])]
        if not certain and not all(map(str.isidentifier, names)):
            continue
        if set(TEXTS) & set(names) and (found is None or len(names) > len(found[1])):
            found = delimiter, names
    return found


def records(
    source: Iterable[str], delimiter: str, names: Sequence[str]
) -> Iterator[tuple[dict[str, str], str]]:
    """Each record as column -> cell, and what is wrong with it ("" for nothing).

    Cells beyond the header belong to its last column where that is a text (a comma that nobody quoted), else the
    record is wrong: which cell is which cannot be told.
    """
    lines = (line.replace("\0", "") for line in source)
    for found in DelimitedRecords(lines, delimiter, StrictRule(delimiter, _MOST_LINES)):
        if not found:
            continue
        cells, wrong = _repaired(found, delimiter) if isinstance(found, BrokenRecord) else (found, "")
        while len(cells) > len(names) and not cells[-1].strip():
            cells.pop()
        over = len(cells) > len(names)
        if over and names[-1] in TEXTS:
            at = len(names) - 1
            cells, over = [*cells[:at], delimiter.join(cells[at:])], False
        record = {name: cell for name, cell in zip(names, cells, strict=False) if name in READ}
        if over and not wrong:
            wrong = f"not CSV: {len(cells)} cells under {len(names)} columns (quote what holds {delimiter!r})"
        yield record, wrong


def _repaired(record: BrokenRecord, delimiter: str) -> tuple[list[str], str]:
    """The cells of a broken record's first line, and what is wrong with it; the lines behind it are read again."""
    if record.error is not None:
        return [], f"not CSV: {record.error}"
    first = record.lines[0]
    cells = next(csv.reader([first], delimiter=delimiter), [])
    return cells, f"not CSV: a quote in this row is never closed ({first.strip()[:60]})"
