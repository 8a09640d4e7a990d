"""Dumps of delimited text: csv and tsv, with a header line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import orjson

from core.errors import ConfigError, Reason
from core.tabular.delimited import BrokenRecord, DelimitedRecords, RowsInsideRule
from core.tabular.encoding import HEAD_BYTES, WHOLE_TEXT, detect_encoding
from core.tabular.files import DAMAGED, FileFormat, RowFormat, opened
from core.tabular.lines import bounded_lines
from ingest.dumps.reader import BATCH_BYTES, BATCH_ROWS, LINE_BYTES, DumpReader, Original, Row, RowFault
from ingest.times.moments import parse_moment

_KEPT_CHARACTERS = 1 << 20
"""Of a broken record, in its dead letter."""


class DelimitedReader(DumpReader):
    """csv and tsv, with a header line; delimiter by name or by the header."""

    def __init__(self, path: Path, kind: FileFormat, named_columns: Mapping[str, str]) -> None:
        super().__init__(path, kind, named_columns)
        csv.field_size_limit(LINE_BYTES)
        try:
            with opened(path, kind.packing) as stream:
                sample = stream.read(HEAD_BYTES)
        except (*DAMAGED, OSError) as error:
            raise ConfigError(f"{path}: cannot be read: {error}") from error
        self._encoding = detect_encoding(sample, WHOLE_TEXT)
        head = sample.decode(self._encoding, "replace").lstrip()
        first = head.splitlines()[0] if head else ""
        self._delimiter = "\t" if kind.kind is RowFormat.TSV else max(",;\t|", key=first.count)
        header = next(csv.reader(io.StringIO(head), delimiter=self._delimiter), [])
        if not header:
            raise ConfigError(f"{path}: the file holds no header line")
        self._width = len(header)
        self._settle([name.strip() for name in header])
        places = {name: place for place, name in reversed(list(enumerate(self.columns)))}
        self._places = [None if name is None else places[name] for name in self.wanted]

    def _batches(self) -> Iterator[list[Row]]:
        number = size = 0
        batch: list[Row] = []
        with opened(self.path, self.kind.packing) as stream:
            text = io.TextIOWrapper(cast(Any, stream), self._encoding, errors="replace", newline="")
            lines = (line for line, _ in bounded_lines(text.readline, LINE_BYTES))
            times = [place for place in self._places[:3] if place is not None]

            def has_time(cells: Sequence[str]) -> bool:
                return any(at < len(cells) and parse_moment(cells[at]) is not None for at in times)

            rule = RowsInsideRule(self._delimiter, self._width, has_time)
            records = DelimitedRecords(lines, self._delimiter, rule)
            header_seen = False
            for cells in records:
                if not cells:
                    continue
                if not header_seen:
                    header_seen = True
                    continue
                row: tuple[Any, ...] | RowFault
                if isinstance(cells, BrokenRecord):
                    text_of = "".join(cells.lines)[:_KEPT_CHARACTERS]
                    batch.append((number, _unclosed(cells), text_of.encode("utf-8", "surrogateescape")))
                    number += 1
                    continue
                raw: Original = cells
                if len(cells) > self._width:
                    row = RowFault(
                        Reason.BAD_ROW,
                        f"{len(cells)} cells, the header has {self._width} (line {records.line})",
                    )
                    raw = orjson.dumps(cells)
                else:
                    cells += [""] * (self._width - len(cells))
                    row = tuple([None if place is None else cells[place] for place in self._places])
                batch.append((number, row, raw))
                number += 1
                size += sum(map(len, cells))
                if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
                    yield batch
                    batch, size = [], 0
        if batch:
            yield batch


def _unclosed(record: BrokenRecord) -> RowFault:
    """What is wrong with the record, for people."""
    first, lines = record.first_line, len(record.lines)
    last = first + lines - 1
    if record.error is not None:
        reason = Reason.TOO_LARGE if "field larger" in str(record.error) else Reason.BAD_ROW
        return RowFault(reason, f"{record.error} (line {last})")
    if record.ended:
        more = f": {lines - 1} more lines to line {last} hang on it" if lines > 1 else ""
        return RowFault(Reason.BAD_ROW, f"a quote opened in line {first} is never closed{more}")
    more = f" ({lines - 1} lines more hang on it)" if lines > 1 else ""
    detail = f"a quote opened in line {first} is not closed before the next row, line {last + 1}{more}"
    return RowFault(Reason.BAD_ROW, detail)
