"""`newsquake detect`: score any series of timestamps and values."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated, TextIO

import typer

from alerts.detect import score
from core.errors import ConfigError


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
        _write(sys.stdin, "standard input", out)
        return
    try:
        with series.open(newline="", encoding="utf-8-sig") as file:
            _write(file, str(series), out)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{series}: not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise ConfigError(f"{series}: {error.strerror or error}") from error


def _write(lines: TextIO, name: str, out: Path | None) -> None:
    if out is None:
        _rows(lines, name, sys.stdout)
        return
    part = out.with_name(out.name + ".part")  # a fault half-way leaves no half file under the name asked for
    try:
        with part.open("w", newline="", encoding="utf-8") as file:
            _rows(lines, name, file)
        part.replace(out)
    except OSError as error:
        raise ConfigError(f"{out}: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def _rows(lines: TextIO, name: str, file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["timestamp", "value", "anomaly_score"])
    for moment, value, found in score(lines, name):
        writer.writerow([moment, value, f"{found:.9g}"])
