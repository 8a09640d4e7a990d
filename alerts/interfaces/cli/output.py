"""Output of commands: JSON, tables, and lines without control characters."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import msgspec
import typer

from core.times import from_ms


def show_json(what: Any) -> None:
    """Print `what` as indented JSON."""
    show_encoded(msgspec.json.encode(what))


def show_encoded(data: bytes) -> None:
    """Print JSON bytes, indented, with their values unchanged."""
    sys.stdout.write(escaped(msgspec.json.format(data, indent=2).decode()) + "\n")


def escaped(data: str) -> str:
    """Return equal JSON with unprintable characters escaped (\\u0080): msgspec leaves those beyond C0 as they are."""
    return "\n".join(
        line
        if line.isprintable()
        else "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in line)
        for line in data.split("\n")
    )


def show_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], empty: str) -> None:
    """Print a table as wide as the terminal, or `empty` where there are no rows. Cells are text, never markup."""
    if not rows:
        typer.echo(empty)
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_clean("" if cell is None else str(cell))) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else 180, soft_wrap=False, emoji=False)
    console.print(table)


def _clean(text: str) -> str:
    """Return the text without control characters: a headline must not control a terminal."""
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)


def one_line(text: str) -> str:
    """Return the text on one line, without control characters."""
    return _clean(text).replace("\n", " ").rstrip()


def short_time(ms: int | None) -> str:
    """Return `1987-10-19 16:30` (UTC); empty for None."""
    return f"{from_ms(ms):%Y-%m-%d %H:%M}" if ms else ""
