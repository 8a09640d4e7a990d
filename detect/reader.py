"""Reading a series of times and values from CSV as spreadsheets and other programs save it."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from core.errors import ConfigError
from detect.times import parse_seconds


def rows(lines: Iterable[str], name: str) -> Iterator[tuple[str, str, float, float]]:
    """Yield (timestamp as written, value as written, seconds since 1970, value) of each row of a CSV.

    A header may name the columns `timestamp` and `value` in any order; without one the first two are taken, and
    further columns are ignored. Cells are separated by a comma, or by what the first line has instead: `;` (numbers
    may then be written 1,5), a tab or `|`. An empty value, or NaN, is a gap (NaN). Raises ConfigError with `name` and
    the line for anything else.
    """
    lines, head = iter(lines), []
    for line in lines:
        head.append(line)
        if line.strip():
            break
    between = _delimiter(head[-1] if head else "")
    reader = csv.reader(chain(head, lines), delimiter=between)
    places: tuple[int, int] | None = None
    last = -math.inf
    for fields in _fields(reader, name):
        if not any(field.strip() for field in fields):
            continue
        if places is None:
            names = _names(fields)
            if "timestamp" in names and "value" in names:
                places = names.index("timestamp"), names.index("value")
                continue
            places = 0, 1
            if parse_seconds(fields[0]) is None:
                raise ConfigError(
                    f"{name}:{reader.line_num}: expected the columns timestamp and value, found "
                    f"{', '.join(names)[:80]} (call them so; a table without a header has time and value first)"
                )
        where = f"{name}:{reader.line_num}"
        if len(fields) <= max(places):
            raise ConfigError(f"{where}: expected a timestamp and a value, found {len(fields)} column(s)")
        moment, value = fields[places[0]].strip(), fields[places[1]].strip()
        seconds = parse_seconds(moment)
        if seconds is None:
            raise ConfigError(
                f"{where}: not a timestamp: {moment[:40]!r} (ISO 8601, or seconds, ms, µs or ns since 1970)"
            )
        if seconds < last:
            raise ConfigError(f"{where}: {moment[:40]} lies before the row above it; sort the file by time")
        last = seconds
        try:
            number = float(value.replace(",", ".") if between == ";" else value) if value else math.nan
        except ValueError:
            raise ConfigError(f"{where}: not a number: {value[:40]!r}") from None
        yield moment, value, seconds, number
    if places is None:
        raise ConfigError(f"{name}: it holds no row (expected the columns timestamp and value)")


def _names(fields: list[str]) -> list[str]:
    return [field.strip().lower().lstrip("\ufeff") for field in fields]


def _delimiter(line: str) -> str:
    """Return the separator that makes a header or a row of the first line; else the one that makes most cells.

    >>> _delimiter("timestamp;value"), _delimiter("2026-01-01;1,5"), _delimiter('value,timestamp,"a;b"')
    (';', ';', ',')
    >>> _delimiter("Datum;Wert"), _delimiter("date,close"), _delimiter("date")
    (';', ',', ',')
    """
    most, cells = ",", 1
    for between in ",;\t|":
        try:
            fields = next(csv.reader([line], delimiter=between), [])
        except csv.Error:
            break
        if len(fields) > cells:
            most, cells = between, len(fields)
        if len(fields) > 1 and (
            {"timestamp", "value"} <= set(_names(fields)) or parse_seconds(fields[0]) is not None
        ):
            return between
    return most


def _fields(reader: Any, name: str) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise ConfigError(f"{name}:{reader.line_num}: {error}") from error
