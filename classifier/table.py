"""Rows in, rows out: jsonl, csv, parquet, plain lines or standard input; one row out for every row in."""

import csv
import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any, Final, Protocol

from classifier.language import OURS
from classifier.records import ONE, Score, Text
from classifier.taxonomy import REGISTERS, TOPIC_NAMES
from classifier.text import sound
from core.errors import ConfigError
from core.language import foreign, normal, quick

FORMATS: Final = (".jsonl", ".csv", ".parquet", ".txt")
COLUMNS: Final = (
    "id", "language", "register", "sentiment", "p_negative", "p_neutral", "p_positive", "abstained", "topics",
    "entities", "signature", "model_version", "error",
)  # fmt: skip
_TEXTS: Final = frozenset(("text", "title", "body"))
_UNDECODED: Final = re.compile(r"[\udc80-\udcff]")
"""What Python makes of bytes that are not UTF-8, when asked to keep them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One input row: its id and either a text to score or what is wrong with it."""

    id: str
    text: Text | None = None
    error: str = ""


def row_of(number: int, fields: Any, register: str | None = None) -> Row:
    """Make a row of a mapping with `text`, or `title` and/or `body`, and `id`, `language`, `register` if there.

    Never raises: what is wrong becomes the row's error.
    """
    if not isinstance(fields, dict):
        return Row(str(number), error=f"expected an object, found {type(fields).__name__}")
    row_id = fields.get("id")
    if (
        isinstance(row_id, float) and row_id.is_integer()
    ):  # a column of numbers with a gap in it is read as floats
        row_id = int(row_id)
    name = str(number) if _empty(row_id) else sound(str(row_id))
    title, body, text = (fields.get(k) for k in ("title", "body", "text"))
    for key, value in (("title", title), ("body", body), ("text", text)):
        if not _empty(value) and not isinstance(value, str):
            return Row(name, error=f"{key}: expected text, found {type(value).__name__}")
        if isinstance(value, str) and _UNDECODED.search(value):
            return Row(name, error=f"{key}: not UTF-8 (save the file as UTF-8)")
    if _empty(title) and _empty(body):
        title = text
    if _empty(title) and _empty(body):
        return Row(name, error="no text: text, title and body are missing or empty")
    own = fields.get("register")
    told = register or (own if own in REGISTERS else None)
    headline, rest = _string(title), _string(body)
    return Row(
        name, Text(headline, rest, _language(fields.get("language"), f"{headline}\n{rest[:400]}"), told)
    )


def _language(told: Any, text: str) -> str | None:
    """A language as people write it: en, EN-us, zh_CN, Chinese; else what the text shows to be neither of ours.

    None: one of ours, which the engine tells apart.
    """
    code = normal(told) if isinstance(told, str) else ""
    if not code:
        seen = quick(text) or foreign(text)
        code = seen if seen not in OURS else ""
    return code or None


def _empty(value: Any) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _string(value: Any) -> str:
    return "" if _empty(value) else str(value)


def read(source: str, register: str | None = None) -> Iterator[Row]:
    """Yield a row for every row of a file (or of standard input for "-": JSON objects, CSV or plain lines).

    Raises ConfigError for a missing file, an unknown format, or a table without any text column.
    """
    if source == "-":
        lines = iter(sys.stdin.buffer)
        first = next(lines, b"")
        if _heads_a_table(first):
            decoded = (
                line.decode("utf-8-sig" if not n else "utf-8", "surrogateescape")
                for n, line in enumerate(chain([first], lines))
            )
            yield from _csv(Path("-"), decoded, register)
            return
        for number, line in enumerate(chain([first] if first else [], lines)):
            yield _line(number, line, register, sniff=True)
        return
    path = Path(source)
    if not path.is_file():
        raise ConfigError(f"{source}: {'a folder, not a file' if path.is_dir() else 'no such file'}")
    suffix = path.suffix.lower().replace(".ndjson", ".jsonl").replace(".text", ".txt")
    if suffix == ".parquet":
        yield from _parquet(path, register)
    elif suffix == ".csv":
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as table:
            yield from _csv(path, table, register)
    elif suffix in (".jsonl", ".json", ".txt"):
        with path.open("rb") as file:
            for number, line in enumerate(file):
                yield _line(number, line, register, sniff=suffix != ".txt", strict=suffix != ".txt")
    else:
        raise ConfigError(
            f"{source}: format {suffix or 'unknown'}; expected one of {', '.join(FORMATS)} or -"
        )


def _line(number: int, raw: bytes, register: str | None, *, sniff: bool, strict: bool = False) -> Row:
    try:
        line = raw.decode("utf-8-sig" if number == 0 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        return Row(str(number), error=f"not UTF-8: byte {error.start}")
    if strict or (sniff and line.lstrip().startswith("{")):
        try:
            return row_of(number, json.loads(line), register)
        except (ValueError, RecursionError) as error:
            return Row(str(number), error=f"not JSON: {error}")
    return row_of(number, {"text": line}, register)


def _heads_a_table(line: bytes) -> bool:
    """Whether a first line is the header of a CSV table: plain words with commas, a text column among them.

    >>> _heads_a_table(b"id,Title"), _heads_a_table(b"Stocks fall, bonds rise"), _heads_a_table(b"text")
    (False, False, False)
    >>> _heads_a_table(b"id,text")
    True
    """
    names = [name.strip('"') for name in line.decode("utf-8-sig", "replace").strip().split(",")]
    return len(names) > 1 and all(map(str.isidentifier, names)) and bool(_TEXTS & set(names))


def _csv(path: Path, source: Iterable[str], register: str | None) -> Iterator[Row]:
    csv.field_size_limit(2**31 - 1)
    lines = (line.replace("\0", "") for line in source)
    names = next(csv.reader(lines), [])
    _check(path, names)
    for number, record in enumerate(_records(lines)):
        if isinstance(record, str):
            yield Row(str(number), error=record)
        else:
            yield row_of(number, dict(zip(names, record, strict=False)), register)


def _records(lines: Iterator[str]) -> Iterator[list[str] | str]:
    """The cells of each record, or what is wrong with it.

    A quote that is never closed would take all lines behind it into one field: its line becomes the error, and the
    lines behind it are read anew.
    """
    held: list[str] = []

    def noted(source: Iterator[str]) -> Iterator[str]:
        for line in source:
            held.append(line)
            yield line

    while True:
        reader = csv.reader(noted(lines))
        while True:
            held.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield f"not CSV: {error}"
                break
            if len(held) > 1 and not _closed(held):
                yield f"not CSV: a quote in this row is never closed ({held[0].strip()[:60]})"
                lines = chain(held[1:], lines)
                break
            if cells:
                yield cells


def _closed(lines: list[str]) -> bool:
    """Whether these lines are whole records; asked of the few that go over several lines."""
    try:
        list(csv.reader(lines, strict=True))
    except csv.Error as error:
        return "unexpected end of data" not in str(error)
    return True


def _parquet(path: Path, register: str | None) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        _check(path, file.schema_arrow.names)
        wanted = [
            c for c in file.schema_arrow.names if c in ("id", "text", "title", "body", "language", "register")
        ]
        number = 0
        for batch in file.iter_batches(2048, columns=wanted):
            for fields in batch.to_pylist():
                yield row_of(number, fields, register)
                number += 1
    except (pa.ArrowException, OSError) as error:
        raise ConfigError(f"{path}: not Parquet: {error}") from error


def _check(path: Path, columns: list[str]) -> None:
    if not _TEXTS & set(columns):
        shown = sound(", ".join(columns)) or "none"
        raise ConfigError(f"{path}: columns {shown}; expected text, or title and/or body")


def row_out(row: Row, score: Score | None) -> dict[str, Any]:
    """Return the output row: probabilities 0..1, always every column; `error` is empty where all is well."""
    if score is None:
        return {**dict.fromkeys(COLUMNS), "id": row.id, "error": row.error or "not scored"}
    entities = [
        {
            "id": m.entity,
            "name": m.name,
            "relevance": m.relevance / ONE,
            "sentiment": ("negative", "neutral", "positive")[
                max(range(3), key=(m.p_negative, m.p_neutral, m.p_positive).__getitem__)
            ],
            "p_negative": m.p_negative / ONE,
            "p_neutral": m.p_neutral / ONE,
            "p_positive": m.p_positive / ONE,
            "abstained": m.abstained,
        }
        for m in score.mentions
    ]
    return {
        "id": row.id,
        "language": score.language,
        "register": score.register,
        "sentiment": score.sentiment,
        "p_negative": score.p_negative / ONE,
        "p_neutral": score.p_neutral / ONE,
        "p_positive": score.p_positive / ONE,
        "abstained": score.abstained,
        "topics": {t: score.topics[t] / ONE for t in TOPIC_NAMES},
        "entities": entities,
        "signature": score.signature,
        "model_version": score.model_version,
        "error": "",
    }


class Sink(Protocol):
    """Takes output rows in order."""

    def write(self, rows: list[dict[str, Any]]) -> None: ...


@contextmanager
def writer(target: str | None) -> Iterator[Sink]:
    """Open the output: a file by its suffix (written beside, renamed when whole), else JSON lines on stdout.

    Raises ConfigError for an unknown suffix or a place that cannot be written.
    """
    if target in (None, "-"):
        yield _Lines(sys.stdout)
        return
    path = Path(str(target))
    suffix = path.suffix.lower()
    if suffix not in (".jsonl", ".csv", ".parquet"):
        raise ConfigError(f"{path}: format {suffix or 'unknown'}; expected .jsonl, .csv or .parquet")
    part = path.with_name(path.name + ".part")
    try:
        if suffix == ".parquet":
            sink = _Parquet(part)
            yield sink
            sink.close()
        else:
            with part.open("w", encoding="utf-8", newline="") as file:
                yield _Csv(file) if suffix == ".csv" else _Lines(file)
        part.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


class _Lines:
    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, rows: list[dict[str, Any]]) -> None:
        self._file.write("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows))


class _Csv:
    def __init__(self, file: IO[str]) -> None:
        self._writer = csv.DictWriter(file, COLUMNS)
        self._writer.writeheader()

    def write(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            flat = {
                k: json.dumps(v, ensure_ascii=False) if isinstance(v, dict | list) else v
                for k, v in row.items()
            }
            self._writer.writerow(flat)


class _Parquet:
    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        text, number, flag = pa.string(), pa.float64(), pa.bool_()
        probabilities = [(k, number) for k in ("p_negative", "p_neutral", "p_positive")]
        entity = pa.struct(
            [
                ("id", text),
                ("name", text),
                ("relevance", number),
                ("sentiment", text),
                *probabilities,
                ("abstained", flag),
            ]
        )
        types = {
            **dict.fromkeys(COLUMNS, text),
            **dict(probabilities),
            "abstained": flag,
            "topics": pa.struct([(t, number) for t in TOPIC_NAMES]),
            "entities": pa.list_(entity),
        }
        self._schema = pa.schema([(c, types[c]) for c in COLUMNS])
        self._pa = pa
        self._writer = pq.ParquetWriter(path, self._schema)

    def write(self, rows: list[dict[str, Any]]) -> None:
        self._writer.write_table(self._pa.Table.from_pylist(rows, schema=self._schema))

    def close(self) -> None:
        self._writer.close()
