"""Rows out of a file, in batches of bounded size: jsonl, csv/tsv, parquet.

A row is (number from 0, values in the order of columns.FIELDS plus the told extras, the original: bytes or cells);
what cannot be read as a row has a Fault in place of the values. Row numbers count rows, not lines, and are the same
every time the file is read: origins rest on them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

import orjson

from core.errors import ConfigError, Reason
from core.tabular.delimited import BrokenRecord, DelimitedRecords, RowsInsideRule
from core.tabular.encoding import HEAD_BYTES, WHOLE_TEXT, detect_encoding
from core.tabular.files import DAMAGED, FileFormat, opened, seekable
from core.tabular.json_lines import parse_json
from core.tabular.lines import bounded_lines
from core.tabular.parquet import ParquetTable
from core.times import iso
from ingest.dumps.columns import FIELDS, map_columns, names_for
from ingest.times.moments import parse_moment

BATCH_ROWS = 1000
BATCH_BYTES = 4 << 20
LINE_BYTES = 64 << 20
"""A longer line (or csv field) is no article; it is passed over in pieces and reported as too large."""
_KEPT_CHARACTERS = 1 << 20
"""Of a broken record, in its dead letter."""
_LOOK_LINES = 100_000
"""Lines looked through for a first object where the file's beginning shows none."""


@dataclass(frozen=True)
class Fault:
    """Why a row is none."""

    reason: Reason
    detail: str


Original = bytes | list[str] | None
Row = tuple[int, tuple[Any, ...] | Fault, Original]


class Reader:
    """One file. `columns` and `mapping` are known after open; `batches()` may be called again and starts over."""

    exact_times = False
    """published_at comes as integer milliseconds already (a typed column)."""
    dates_only = False
    """published_at is a column of dates without a time."""

    def __init__(self, path: Path, kind: FileFormat, told: Mapping[str, str]) -> None:
        self.path, self.kind, self.told = path, kind, dict(told)
        self.columns: list[str] = []
        self.mapping: dict[str, str] = {}
        self.extras: list[str] = [field for field in told if field.startswith("extra.")]

    def _settle(self, columns: Sequence[str]) -> None:
        self.columns = list(columns)
        self.mapping = map_columns(self.columns, self.told, str(self.path))

    @property
    def wanted(self) -> list[str | None]:
        """Per field (and extra) the column's name, or None."""
        return [self.mapping.get(field) for field in (*FIELDS, *self.extras)]

    def batches(self) -> Generator[list[Row]]:
        """All rows. Raises ConfigError where the file is damaged."""
        try:
            yield from self._batches()
        except (*DAMAGED, OSError) as error:
            text = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise ConfigError(f"{self.path}: cannot be read to its end: {text}") from error

    def _batches(self) -> Iterator[list[Row]]:
        raise NotImplementedError

    def count(self) -> int | None:
        """How many rows there are, where the file says so."""
        return None

    def original(self, values: tuple[Any, ...] | Fault, found: Original) -> bytes:
        """What a dead letter keeps of a row: the bytes, or an object of its columns under the names they have there.

        Made for the dead only: so that a row can be read again by another mapping, and costs nothing while it lives.
        """
        if isinstance(found, bytes):
            return found
        if found is not None:
            cells: dict[str, Any] = {}
            for name, cell in zip(self.columns, found, strict=False):
                cells.setdefault(name, cell)
        elif isinstance(values, Fault):
            return b""
        else:
            cells = {
                name: moment_text(value) if field == "published_at" and self.exact_times else value
                for field, name, value in zip((*FIELDS, *self.extras), self.wanted, values, strict=True)
                if name is not None and value is not None
            }
        return orjson.dumps(cells, default=str, option=orjson.OPT_NON_STR_KEYS)


class JsonLines(Reader):
    """One JSON object a line."""

    def __init__(self, path: Path, kind: FileFormat, told: Mapping[str, str]) -> None:
        super().__init__(path, kind, told)
        try:
            with opened(path, kind.packing) as stream:
                sample = stream.read(HEAD_BYTES)
        except (*DAMAGED, OSError) as error:
            raise ConfigError(f"{path}: cannot be read: {error}") from error
        self._encoding = detect_encoding(sample, WHOLE_TEXT)
        if not self._encoding.startswith("utf-8"):
            sample = sample.decode(self._encoding, "replace").encode()
        if sample.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[":
            raise ConfigError(
                f"{path}: a JSON array; write one object a line (jq -c '.[]' FILE > FILE.jsonl)"
            )
        found: dict[str, None] = {}
        for line in sample.splitlines()[:200]:
            value = parse_line(line)
            if isinstance(value, dict):
                found.update(dict.fromkeys(value))
        if not found and not sample.strip():
            raise ConfigError(f"{path}: the file holds no rows")
        self._settle(list(found or self._first_keys()))

    def _first_keys(self) -> dict[str, None]:
        """Keys of the first object, where the file's beginning shows none: one huge line, or many broken ones."""
        try:
            with opened(self.path, self.kind.packing) as stream:
                for line, cut in islice(bounded_lines(self._readline(stream), LINE_BYTES), _LOOK_LINES):
                    value = None if cut else parse_line(line)
                    if isinstance(value, dict):
                        return dict.fromkeys(value)
        except (*DAMAGED, OSError) as error:
            raise ConfigError(f"{self.path}: cannot be read: {error}") from error
        return {}

    def _readline(self, stream: Any) -> Callable[[int], bytes]:
        if self._encoding.startswith("utf-8"):
            return cast("Callable[[int], bytes]", stream.readline)
        text = io.TextIOWrapper(stream, self._encoding, errors="replace", newline="\n")
        return lambda limit: text.readline(limit).encode()

    def _batches(self) -> Iterator[list[Row]]:
        fields = (*FIELDS, *self.extras)
        known: dict[tuple[str, ...], list[str | None]] = {}
        number = size = 0
        batch: list[Row] = []
        with opened(self.path, self.kind.packing) as stream:
            for line, cut in bounded_lines(self._readline(stream), LINE_BYTES):
                if not line.strip():
                    continue
                value = (
                    Fault(Reason.TOO_LARGE, f"a line of more than {LINE_BYTES} bytes")
                    if cut
                    else parse_line(line)
                )
                row: tuple[Any, ...] | Fault
                if isinstance(value, dict):
                    keys = tuple(value)
                    if (names := known.get(keys)) is None:
                        names = names_for(keys, self.told, fields)
                        if len(known) < 1000:
                            known[keys] = names
                    row = tuple([None if name is None else value.get(name) for name in names])
                elif isinstance(value, Fault):
                    row = value
                else:
                    row = Fault(Reason.BAD_ROW, f"expected a JSON object, got {type(value).__name__}")
                batch.append((number, row, line[: 1 << 20] if cut else line.rstrip(b"\r\n")))
                number += 1
                size += len(line)
                if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
                    yield batch
                    batch, size = [], 0
        if batch:
            yield batch


def parse_line(line: bytes) -> Any:
    """The JSON value on a line, or a Fault. Raises nothing."""
    try:
        return parse_json(line)
    except (ValueError, RecursionError) as error:
        return Fault(Reason.BAD_JSON, str(error))


def values_of(record: Mapping[str, Any], told: Mapping[str, str]) -> tuple[Any, ...]:
    """One record's values in the order of FIELDS and the told extras."""
    extras = [field for field in told if field.startswith("extra.")]
    names = names_for(list(record), told, (*FIELDS, *extras))
    return tuple(None if name is None else record.get(name) for name in names)


def moment_text(ms: int) -> str:
    """Typed milliseconds as text; what no calendar holds as the number."""
    try:
        return iso(ms)
    except (OverflowError, ValueError):
        return str(ms)


class Delimited(Reader):
    """csv and tsv, with a header line; delimiter by name or by the header."""

    def __init__(self, path: Path, kind: FileFormat, told: Mapping[str, str]) -> None:
        super().__init__(path, kind, told)
        csv.field_size_limit(LINE_BYTES)
        try:
            with opened(path, kind.packing) as stream:
                sample = stream.read(HEAD_BYTES)
        except (*DAMAGED, OSError) as error:
            raise ConfigError(f"{path}: cannot be read: {error}") from error
        self._encoding = detect_encoding(sample, WHOLE_TEXT)
        head = sample.decode(self._encoding, "replace").lstrip()
        first = head.splitlines()[0] if head else ""
        self._delimiter = "\t" if kind.kind == "tsv" else max(",;\t|", key=first.count)
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
                row: tuple[Any, ...] | Fault
                if isinstance(cells, BrokenRecord):
                    text_of = "".join(cells.lines)[:_KEPT_CHARACTERS]
                    batch.append((number, _unclosed(cells), text_of.encode("utf-8", "surrogateescape")))
                    number += 1
                    continue
                raw: Original = cells
                if len(cells) > self._width:
                    row = Fault(
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


def _unclosed(record: BrokenRecord) -> Fault:
    """What is wrong with the record, for people."""
    first, lines = record.first_line, len(record.lines)
    last = first + lines - 1
    if record.error is not None:
        reason = Reason.TOO_LARGE if "field larger" in str(record.error) else Reason.BAD_ROW
        return Fault(reason, f"{record.error} (line {last})")
    if record.ended:
        more = f": {lines - 1} more lines to line {last} hang on it" if lines > 1 else ""
        return Fault(Reason.BAD_ROW, f"a quote opened in line {first} is never closed{more}")
    more = f" ({lines - 1} lines more hang on it)" if lines > 1 else ""
    detail = f"a quote opened in line {first} is not closed before the next row, line {last + 1}{more}"
    return Fault(Reason.BAD_ROW, detail)


class Parquet(Reader):
    """Typed columns; only those that mean something are read."""

    def __init__(self, path: Path, kind: FileFormat, told: Mapping[str, str]) -> None:
        super().__init__(path, kind, told)
        import pyarrow as arrow

        try:
            with seekable(path, kind.packing) as stream:
                table = ParquetTable(stream, str(path))
                schema, self._rows, size = table.schema, table.rows, table.size_bytes
        except DAMAGED as error:
            raise ConfigError(f"{path}: not a parquet file ({' '.join(str(error).split())[:200]})") from error
        self._settle(schema.names)
        weight = size / max(1, self._rows)
        self._batch_rows = max(16, min(2048, int(BATCH_BYTES / max(1.0, weight))))
        time_type = (
            schema.field(self.mapping["published_at"]).type if "published_at" in self.mapping else None
        )
        self.exact_times = time_type is not None and (
            arrow.types.is_timestamp(time_type) or arrow.types.is_date(time_type)
        )
        self.dates_only = time_type is not None and arrow.types.is_date(time_type)

    def count(self) -> int | None:
        return self._rows

    def _batches(self) -> Iterator[list[Row]]:
        import pyarrow as arrow

        names = sorted({name for name in self.wanted if name is not None})
        number = 0
        with seekable(self.path, self.kind.packing) as stream:
            for record in ParquetTable(stream, str(self.path)).batches(names, self._batch_rows):
                columns = {name: _values(arrow, record.column(name)) for name in names}
                nothing = [None] * record.num_rows
                picked = [nothing if name is None else columns[name] for name in self.wanted]
                yield [(number + at, row, None) for at, row in enumerate(zip(*picked, strict=True))]
                number += record.num_rows


def _values(arrow: Any, column: Any) -> list[Any]:
    """Python values; moments as integer milliseconds, bytes that are no UTF-8 with the broken ones replaced."""
    kind = column.type
    if arrow.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if arrow.types.is_timestamp(kind) or arrow.types.is_date(kind):
        if arrow.types.is_date32(kind):
            column = column.cast(arrow.timestamp("s"))
        moments = column.cast(arrow.timestamp("ms"), safe=False).cast(arrow.int64())
        return cast("list[Any]", moments.to_pylist())
    try:
        return cast("list[Any]", column.to_pylist())
    except UnicodeDecodeError:
        return [
            None if item is None else item.decode("utf-8", "replace")
            for item in column.cast(arrow.binary()).to_pylist()
        ]


def open_reader(path: Path, kind: FileFormat, told: Mapping[str, str]) -> Reader:
    """The reader for this kind. Raises ConfigError, naming the columns found where they do not do."""
    readers: dict[str, type[Reader]] = {
        "jsonl": JsonLines,
        "csv": Delimited,
        "tsv": Delimited,
        "parquet": Parquet,
    }
    return readers[kind.kind](path, kind, told)
