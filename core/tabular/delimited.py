"""The records of delimited text (csv, tsv), where a quote that is never closed must not swallow the rows behind it.

A quoted field may go over many lines, and a file may lack one closing quote: then everything up to the next quote, or
to the file's end, reads as one field. Where such a record must end is for a `RepairRule` to say: readers know
different things of their rows. What it cuts off is read again.
"""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

ROWS_INSIDE = 3
"""So many lines that are rows themselves do not stand in a field by chance."""


@dataclass(frozen=True)
class BrokenRecord:
    """Lines that are no record."""

    lines: tuple[str, ...]
    """With their ends, as the file has them."""
    first_line: int
    """Number of the first of them, from 1."""
    error: csv.Error | None = None
    """What the csv module says; None: the rule found a quote that is not closed."""
    ended: bool = False
    """Nothing follows: the file's end cut the record off."""


class RepairRule(ABC):
    """Says where a record that goes over several lines must end."""

    def begin(self) -> None:  # noqa: B027 - only rules that remember lines need it
        """Called before each record."""

    def follows(self, line: str, at: int) -> None:  # noqa: B027 - as above
        """Called for each further line of a record, before it is read; `at` lines of the record come before it."""

    def full(self, lines: int) -> bool:
        """Return whether a record of `lines` lines may not grow further."""
        return False

    @abstractmethod
    def cut(self, lines: Sequence[str], cells: Sequence[str], ended: bool) -> int | None:
        """Return how many of the lines belong to a broken record; None where the cells are a valid record.

        Called for records of several lines, and for the last one of the file (`ended`).
        """


class DelimitedRecords:
    """Iterates over the records of `lines` (with their line ends): cells, or a BrokenRecord. Raises nothing."""

    def __init__(self, lines: Iterator[str], delimiter: str, rule: RepairRule) -> None:
        self._lines, self._delimiter, self._rule = lines, delimiter, rule
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self._ended = False
        self.line = 0
        """The last line read, from 1."""

    def __iter__(self) -> Iterator[list[str] | BrokenRecord]:
        reader = self._reader()
        while True:
            self._record.clear()
            self._rule.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield self._broken(len(self._record), error)
                reader = self._reader()
                continue
            complete = len(self._record) < 2 and not self._ended
            if complete or (cut := self._rule.cut(self._record, cells, self._ended)) is None:
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
        """The lines, each noted; none once the rule wants no more for this record."""
        record, rule = self._record, self._rule
        while not (record and rule.full(len(record))):
            found = self._again.popleft() if self._again else next(self._lines, None)
            if found is None:
                self._ended = True
                return
            self.line += 1
            if record:
                rule.follows(found, len(record))
            record.append(found)
            yield found

    def _broken(self, cut: int, error: csv.Error | None = None) -> BrokenRecord:
        ended = error is None and cut == len(self._record)
        return BrokenRecord(tuple(self._record[:cut]), self.line - len(self._record) + 1, error, ended)


class StrictRule(RepairRule):
    """Several lines are a record only where the csv module takes them strictly; else the first line is broken.

    No record has more than `most_lines`: an open quote would take the rest of any file into memory.
    """

    def __init__(self, delimiter: str, most_lines: int) -> None:
        self._delimiter, self._most_lines = delimiter, most_lines

    def full(self, lines: int) -> bool:
        return lines >= self._most_lines

    def cut(self, lines: Sequence[str], cells: Sequence[str], ended: bool) -> int | None:
        # An open quote may also end at the opening one of a later record (`2,"open` ... `5,"fine"`): then letters
        # stand behind a closing quote, which no record has.
        if len(lines) < 2:
            return None
        found = strict_records(lines, self._delimiter)
        return None if found is not None and len(found) == 1 else 1


class RowsInsideRule(RepairRule):
    """A record ends before lines that are rows themselves: as many cells as the header, and `is_row(cells)`.

    Where no line is one, the record stays what the csv module makes of it, except one that the file's end cuts off.
    """

    def __init__(self, delimiter: str, width: int, is_row: Callable[[Sequence[str]], bool]) -> None:
        """`width`: cells of the header."""
        self._delimiter, self._width, self._is_row = delimiter, width, is_row
        self._rows: list[int] = []

    def begin(self) -> None:
        self._rows.clear()

    def follows(self, line: str, at: int) -> None:
        if self._whole_row(line):
            self._rows.append(at)

    def full(self, lines: int) -> bool:
        return len(self._rows) >= ROWS_INSIDE

    def cut(self, lines: Sequence[str], cells: Sequence[str], ended: bool) -> int | None:
        if len(self._rows) >= ROWS_INSIDE:
            return self._rows[0]
        closed = strict_records(lines, self._delimiter)
        if closed is not None and len(closed) == 1 and len(cells) <= self._width:
            return None
        for at, line in enumerate(lines):
            if at and self._starts_row(line):
                return at
        return len(lines) if ended and closed is None else None

    def _whole_row(self, line: str) -> bool:
        if self._width < 2 or line.count(self._delimiter) < self._width - 1:
            return False
        rows = strict_records([line], self._delimiter)
        return rows is not None and len(rows) == 1 and len(rows[0]) == self._width and self._is_row(rows[0])

    def _starts_row(self, line: str) -> bool:
        """Whether a row may begin here; its last field may go on in the next line."""
        if self._width < 2:
            return False
        try:
            cells = next(csv.reader([line], delimiter=self._delimiter), [])
        except csv.Error:
            return False
        return len(cells) <= self._width and self._is_row(cells)


def strict_records(lines: Sequence[str], delimiter: str) -> list[list[str]] | None:
    """Return the records of the lines, read strictly; None where a quote is misplaced or not closed."""
    try:
        return list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
