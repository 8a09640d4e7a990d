"""InputRows in: jsonl, csv, parquet, plain lines or standard input; one row for every row, whatever is in it."""

import io
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any, Final

from classifier.csv_rows import READ, TEXTS, folded, header, records
from classifier.reading.normal import replace_surrogates
from classifier.reading.script import OURS
from classifier.reading.script import foreign as foreign_script
from classifier.records import Text
from classifier.taxonomy import REGISTERS
from core.errors import ConfigError
from core.tabular.encoding import HEAD_BYTES
from core.tabular.json_lines import parse_json
from core.tabular.lines import text_lines, undecoded
from core.tabular.parquet import ParquetTable
from core.text.language import detect, detect_foreign, detect_quick, normalize_tag

FORMATS: Final = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".txt")
_SAME: Final = {".ndjson": ".jsonl", ".text": ".txt", ".tab": ".tsv", ".pq": ".parquet"}
_PARQUET: Final = b"PAR1"
_BRACE: Final = re.compile(r"\s*\{")
_BEGUN: Final = re.compile(r"\s*\{\s*(?:[\"'}]|$)")
"""How an object in JSON begins."""


@dataclass(frozen=True, slots=True)
class InputRow:
    """One input row: its id and either a text to score or what is wrong with it."""

    id: str
    text: Text | None = None
    error: str = ""


class InputRows:
    """Makes the rows of one source. A row without an id gets its number, from 0.

    Where other rows have brought ids of their own it is "row 5" instead of "5", which might be another row's.
    """

    def __init__(self, register: str | None = None, *, ids: bool = False) -> None:
        self._register, self._ids = register, ids
        self._number = -1

    def of(self, fields: Any, error: str = "") -> InputRow:
        """The next row, of a mapping with `text`, or `title` and/or `body`, and `id`, `language`, `register` if there.

        Never raises: what is wrong becomes the row's error.
        """
        self._number += 1
        if not isinstance(fields, dict):
            return InputRow(
                self._named(None), error=error or f"expected an object, found {type(fields).__name__}"
            )
        fields = _columns(fields)
        name = self._named(fields.get("id"))
        return InputRow(name, error=error) if error else _row(name, fields, self._register)

    def _named(self, given: Any) -> str:
        if isinstance(given, bytes):
            given = given.decode("utf-8", "replace")
        if (
            isinstance(given, float) and given.is_integer()
        ):  # a column of numbers with a gap is read as floats
            given = int(given)
        if _empty(given):
            return f"row {self._number}" if self._ids else str(self._number)
        self._ids = True
        return replace_surrogates(str(given))


def _columns(fields: dict[Any, Any]) -> dict[str, Any]:
    """The fields that are read, by folded name; one written exactly so comes first."""
    if fields.keys() <= set(READ):
        return fields
    out: dict[str, Any] = {}
    for key, value in fields.items():
        name = folded(key)
        if name in READ and (key == name or _empty(out.get(name))):
            out[name] = value
    return out


def _row(name: str, fields: dict[str, Any], register: str | None) -> InputRow:
    texts: dict[str, str] = {}
    for key in ("title", "body", "text"):
        value = fields.get(key)
        if isinstance(value, bytes):
            value = value.decode("utf-8", "surrogateescape")
        if _empty(value):
            value = ""
        if not isinstance(value, str):
            return InputRow(name, error=f"{key}: expected text, found {type(value).__name__}")
        if undecoded(value):
            return InputRow(name, error=f"{key}: not UTF-8 (save the file as UTF-8)")
        texts[key] = value
    title, body = _article(**texts)
    if not title and not body:
        return InputRow(name, error="no text: text, title and body are missing or empty")
    given = fields.get("register")
    own = "" if _empty(given) else str(given).strip().casefold()
    if own and own not in REGISTERS and not register:
        said = replace_surrogates(str(given))[:40]
        return InputRow(
            name, error=f"register: expected one of {', '.join(REGISTERS)}, or nothing; found {said!r}"
        )
    told = register or own or None
    return InputRow(
        name, Text(title, body, _language(fields.get("language"), f"{title}\n{body[:400]}"), told)
    )


def _article(title: str, body: str, text: str) -> tuple[str, str]:
    """(title, body), where `text` stands for whichever of them is missing.

    >>> _article("Oil up", "", "Oil up. Brent rose."), _article("", "Brent rose.", "Oil up")
    (('Oil up', 'Brent rose.'), ('Oil up', 'Brent rose.'))
    """
    if not text:
        return title, body
    if not title:
        return text, "" if body == text else body
    if not body:  # many tables repeat the title at the beginning of the text
        rest = text.strip()
        body = rest[len(title.strip()) :].lstrip(" .:\n") if rest.startswith(title.strip()) else text
    return title, body


def _language(told: Any, text: str) -> str | None:
    """A language as people write it: en, EN-us, zh_CN, Chinese; else what the text shows to be neither of ours.

    None: one of ours, which the engine tells apart.
    """
    code = normalize_tag(told) if isinstance(told, str) else ""
    if not code:
        seen = detect_quick(text) or detect_foreign(text) or (detect(text) if foreign_script(text) else "")
        code = seen if seen not in OURS else ""
    return code or None


def _empty(value: Any) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def read(source: str, register: str | None = None) -> Iterator[InputRow]:
    """Yield a row for every row of a file, or of a stream ("-", a pipe, /dev/stdin): there its form is told from it.

    Raises ConfigError for a missing file, an unknown format, or a table without any text column.
    """
    if source == "-":
        yield from _sniffed(source, sys.stdin.buffer, register)
        return
    path = Path(source)
    if path.is_dir() or not path.exists():
        raise ConfigError(f"{source}: {'a folder, not a file' if path.is_dir() else 'no such file'}")
    if not path.is_file():
        with path.open("rb") as stream:
            yield from _sniffed(source, stream, register)
        return
    suffix = _SAME.get(path.suffix.lower(), path.suffix.lower())
    if suffix not in FORMATS:
        raise ConfigError(
            f"{source}: format {suffix or 'unknown'}; expected one of {', '.join(FORMATS)} or -"
        )
    with path.open("rb") as file:
        if suffix == ".parquet":
            if path.stat().st_size:  # of no bytes it has no rows, as any other file
                yield from _parquet(source, file, register)
            return
        head = file.read(HEAD_BYTES)
        if suffix in (".csv", ".tsv"):
            yield from _csv(source, text_lines(head, file, newline=""), register)
        elif suffix == ".txt":
            yield from _texts(text_lines(head, file), InputRows(register))
        else:
            yield from _json(text_lines(head, file), InputRows(register), strict=True)


def _sniffed(source: str, stream: IO[bytes], register: str | None) -> Iterator[InputRow]:
    head = stream.read(HEAD_BYTES)
    if head.startswith(_PARQUET):
        yield from _parquet(source, io.BytesIO(head + stream.read()), register)
        return
    first = next(text_lines(head, io.BytesIO()), "")
    if header(first, certain=False):
        yield from _csv(source, text_lines(head, stream, newline=""), register)
    else:
        yield from _json(text_lines(head, stream), InputRows(register), strict=False)


def _texts(lines: Iterable[str], rows: InputRows) -> Iterator[InputRow]:
    for line in lines:
        yield rows.of({"text": line.rstrip("\r\n")})


def _json(lines: Iterator[str], rows: InputRows, *, strict: bool) -> Iterator[InputRow]:
    """JSON: an object a line, or all of it one array (or one object over several lines).

    `strict`: a line that is no JSON is an error; else it is a text, save a broken object: one that begins like an
    object, or with a brace where the first line was an object.
    """
    first = next(lines, "")
    broken_object = _BRACE if _is_object(first) else _BEGUN
    if first.lstrip()[:1] in ("[", "{") and not _is_object(first):
        held = [first, *lines]
        whole = _parsed("".join(held))
        if isinstance(whole, dict):
            whole = [whole]
        if whole == [] or (isinstance(whole, list) and any(isinstance(one, dict) for one in whole)):
            yield from map(rows.of, whole)
            return
        lines = iter(held)
    elif first:
        lines = chain([first], lines)
    for line in lines:
        if not strict and not _BRACE.match(line):
            yield rows.of({"text": line.rstrip("\r\n")})
            continue
        try:
            fields = parse_json(line, exact=True)
        except (ValueError, RecursionError) as error:
            if not strict and not broken_object.match(line):  # {curly} Apple up
                yield rows.of({"text": line.rstrip("\r\n")})
                continue
            broken = "not UTF-8 (save the file as UTF-8)" if undecoded(line) else f"not JSON: {error}"
            yield rows.of(None, broken)
        else:
            yield rows.of(fields)


def _is_object(line: str) -> bool:
    return isinstance(_parsed(line), dict)


def _parsed(text: str) -> Any:
    try:
        return parse_json(text, exact=True)
    except (ValueError, RecursionError):
        return None


def _csv(source: str, lines: Iterator[str], register: str | None) -> Iterator[InputRow]:
    first = next((line for line in lines if line.strip()), "")
    if not first:
        return
    found = header(first, certain=True)
    if found is None:
        _check(source, [first.strip()])
        return
    delimiter, names = found
    twice = [name for name in TEXTS if names.count(name) > 1]
    if twice:
        raise ConfigError(f"{source}: two columns are called {twice[0]}; which one is to be read?")
    rows = InputRows(register, ids="id" in names)
    for record, error in records(lines, delimiter, names):
        yield rows.of(record, error)


def _parquet(source: str, file: IO[bytes], register: str | None) -> Iterator[InputRow]:
    table = ParquetTable(file, source)
    names = table.schema.names
    _check(source, names)
    rows = InputRows(register, ids="id" in map(folded, names))
    for batch in table.batches([name for name in names if folded(name) in READ], 2048):
        for fields in batch.to_pylist():
            yield rows.of(fields)


def _check(source: str, columns: list[str]) -> None:
    if not set(TEXTS) & set(map(folded, columns)):
        shown = replace_surrogates(", ".join(columns))[:200] or "none"
        raise ConfigError(f"{source}: columns {shown}; expected text, or title and/or body")
