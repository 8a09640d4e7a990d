"""`newsquake detect`: score any series of timestamps and values."""

from __future__ import annotations

import codecs
import csv
import sys
from io import BufferedReader, TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, TextIO

import typer

from core.errors import ConfigError
from detect.scoring import score


def detect(
    series: Annotated[
        Path, typer.Argument(help="A CSV with the columns timestamp and value; - reads standard input.")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Where to write; else standard output.")
    ] = None,
) -> None:
    """Score any timestamp,value series as a stream: each score (0..1) uses only the past; above 0.5 is unusual."""
    if str(series) == "-":
        if sys.stdin is None:
            raise ConfigError("standard input: it is closed")
        with open(sys.stdin.fileno(), "rb", closefd=False) as file:
            _read(file, "standard input", out)
        return
    if out is not None and out.exists() and series.exists() and out.samefile(series):
        raise ConfigError(f"{out}: it is the series itself; name another file to write to")
    try:
        with series.open("rb") as file:
            _read(file, str(series), out)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ConfigError(f"{series}: {error.strerror or error}") from error


def _read(file: BufferedReader, name: str, out: Path | None) -> None:
    """UTF-8 as everywhere, or UTF-16, which spreadsheets save: it begins with a mark."""
    wide = file.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    lines = TextIOWrapper(file, "utf-16" if wide else "utf-8-sig", newline="")
    try:
        _write(lines, name, out)
    except UnicodeError as error:
        at = f" (byte {error.start})" if isinstance(error, UnicodeDecodeError) else ""
        raise ConfigError(f"{name}: not UTF-{16 if wide else 8} text{at}") from error
    finally:
        lines.detach()  # whoever opened it closes it


def _write(lines: TextIO, name: str, out: Path | None) -> None:
    if out is None:
        try:
            _rows(lines, name, sys.stdout)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise ConfigError(f"standard output: {error.strerror or error}") from error
        return
    through = out.exists() and not out.is_file()  # a device or a pipe is written to, never replaced
    # A fault half-way leaves no half file under the name asked for.
    part = out if through else out.with_name(out.name + ".part")
    try:
        with part.open("w", newline="", encoding="utf-8") as file:
            _rows(lines, name, file)
        if not through:
            part.replace(out)
    except OSError as error:
        raise ConfigError(f"{out}: {error.strerror or error}") from error
    finally:
        if not through:
            part.unlink(missing_ok=True)


def _rows(lines: TextIO, name: str, file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    found = score(lines, name)
    first = list(islice(found, 1))  # what cannot be read at all gets no header
    writer.writerow(["timestamp", "value", "anomaly_score"])
    for moment, value, surprise in chain(first, found):
        writer.writerow([moment, value, f"{surprise:.9g}"])
