"""The records of a csv or tsv, where a quote that is never closed must not swallow the rows behind it.

A quoted field may go over many lines, and a file may lack one closing quote: then everything up to the next quote, or
to the file's end, reads as one field. What tells the two apart: lines inside the field that are rows themselves, with
as many cells as the header and a time where the time stands. Where they are seen, the broken row ends in front of
the first of them and is told with its lines; where none are, the record stays what the csv module makes of it, and one
that the file's end cuts off is told too.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import Reason
from ingest.times.moments import parse_moment

ROWS_INSIDE = 3
"""So many lines that are rows themselves do not stand in a field by chance."""
_KEPT = 1 << 20
"""Characters of a broken row that its dead letter keeps."""


@dataclass(frozen=True)
class BrokenRecord:
    """What is no record: why, in words, and the text as it stands in the file."""

    reason: Reason
    detail: str
    text: str = ""


class DelimitedRecords:
    """Iterates over the records of `lines` (with their line ends): cells, or Broken.

    `width`: cells of the header; `times`: the places of the columns that hold a time.
    """

    def __init__(self, lines: Iterator[str], delimiter: str, width: int, times: list[int]) -> None:
        self._lines, self._delimiter = lines, delimiter
        self._width, self._times = width, times
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self._rows_inside: list[int] = []
        self._ended = False
        self.line = 0
        """The last line read, from 1."""

    def __iter__(self) -> Iterator[list[str] | BrokenRecord]:
        reader = self._reader()
        while True:
            self._record.clear()
            self._rows_inside.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                reason = Reason.TOO_LARGE if "field larger" in str(error) else Reason.BAD_ROW
                yield BrokenRecord(reason, f"{error} (line {self.line})", self._text())
                reader = self._reader()
                continue
            if (len(self._record) < 2 and not self._ended) or (cut := self._cut(cells)) is None:
                yield cells
                continue
            yield self._broken(cut)
            if cut < len(self._record):
                self._again.extendleft(reversed(self._record[cut:]))
                self.line -= len(self._record) - cut
                self._ended = False
                reader = self._reader()

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._feed(), delimiter=self._delimiter)

    def _feed(self) -> Iterator[str]:
        """The lines, each noted; none once the record in hand is seen to have swallowed rows."""
        while len(self._rows_inside) < ROWS_INSIDE:
            found = self._again.popleft() if self._again else next(self._lines, None)
            if found is None:
                self._ended = True
                return
            self.line += 1
            if self._record and self._is_row(found):
                self._rows_inside.append(len(self._record))
            self._record.append(found)
            yield found

    def _cut(self, cells: list[str]) -> int | None:
        """Where a record of several lines must end, counted in lines; None where it is sound."""
        if len(self._rows_inside) >= ROWS_INSIDE:
            return self._rows_inside[0]
        closed = self._strict(self._record)
        if closed is not None and len(closed) == 1 and len(cells) <= self._width:
            return None
        starts = [at for at, line in enumerate(self._record) if at and self._starts_row(line)]
        if starts:
            return starts[0]
        return len(self._record) if self._ended and closed is None else None

    def _broken(self, cut: int) -> BrokenRecord:
        first = self.line - len(self._record) + 1
        if cut == len(self._record):
            hanging = f": {cut - 1} more lines to line {self.line} hang on it" if cut > 1 else ""
            what = f"a quote opened in line {first} is never closed{hanging}"
        else:
            more = f" ({cut - 1} lines more hang on it)" if cut > 1 else ""
            what = (
                f"a quote opened in line {first} is not closed before the next row, line {first + cut}{more}"
            )
        return BrokenRecord(Reason.BAD_ROW, what, self._text(cut))

    def _text(self, lines: int | None = None) -> str:
        return "".join(self._record[:lines])[:_KEPT]

    def _strict(self, lines: list[str]) -> list[list[str]] | None:
        try:
            return list(csv.reader(lines, delimiter=self._delimiter, strict=True))
        except csv.Error:
            return None

    def _is_row(self, line: str) -> bool:
        """Whether the line is a whole row by itself."""
        if self._width < 2 or line.count(self._delimiter) < self._width - 1:
            return False
        rows = self._strict([line])
        return rows is not None and len(rows) == 1 and len(rows[0]) == self._width and self._has_time(rows[0])

    def _starts_row(self, line: str) -> bool:
        """Whether a row may begin here; its last field may go on in the next line."""
        if self._width < 2:
            return False
        try:
            cells = next(csv.reader([line], delimiter=self._delimiter), [])
        except csv.Error:
            return False
        return len(cells) <= self._width and self._has_time(cells)

    def _has_time(self, cells: list[str]) -> bool:
        return any(at < len(cells) and parse_moment(cells[at]) is not None for at in self._times)
