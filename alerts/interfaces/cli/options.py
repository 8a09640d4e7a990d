"""What the alerts room's commands share: options, the store, tables on a terminal, JSON for machines."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from sqlalchemy import Connection

from alerts.errors import InvalidArgument
from alerts.handling.silences import MATCHERS
from core.errors import ConfigError
from core.settings import Settings, load_settings
from core.store import Store, open_store
from core.times import from_ms

Config = Annotated[
    Path | None,
    typer.Option("-c", "--config", help="newsquake.yaml; default: ./newsquake.yaml where it is there."),
]
StoreUrl = Annotated[
    str | None, typer.Option("--store", help="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DB")
]
DeskName = Annotated[str | None, typer.Option("--desk", help="Another desk than the settings say.")]
Json = Annotated[bool, typer.Option("--json", help="JSON, for machines.")]
By = Annotated[str, typer.Option("--by", help="Who you are; default: your login name.")]
Reason = Annotated[str, typer.Option("--reason", "-m", help="Why; it goes into the audit log.")]


@dataclass(frozen=True)
class OpenDesk:
    """An open store and which desk it is about."""

    settings: Settings
    store: Store
    name: str

    def now_ms(self, connection: Connection) -> int:
        """The database's clock: the same for everybody who writes."""
        return self.store.now_ms(connection)


def settings_of(config: Path | None, store: str | None = None, desk: str | None = None) -> Settings:
    """Settings from the shared options. Raises ConfigError."""
    path = config or Path(os.environ.get("NEWSQUAKE_CONFIG", "newsquake.yaml"))
    known = config is not None or "NEWSQUAKE_CONFIG" in os.environ or path.exists()
    overrides: dict[str, Any] = {}
    if store:
        overrides["store"] = {"url": store}
    if desk:
        overrides["alerts"] = {"desk": desk}
    return load_settings(path if known else None, overrides)


OPTIONS = {
    "reason": "--reason", "actor": "--by", "author": "--by", "disposition": "--as", "rule": "--rule",
    "series": "--series", "severity": "--severity", "starts_at": "--from", "ends_at": "--until",
    "window": "--window", "to": "--at", MATCHERS: "--rule, --series, --severity or --alert",
}  # fmt: skip
"""How the parts of what is asked are typed."""


@contextmanager
def as_typed(**names: str) -> Iterator[None]:
    """What does not fit is told by the option's name (`names`: where it is another than in OPTIONS)."""
    try:
        yield
    except InvalidArgument as error:
        raise ConfigError(error.message({**OPTIONS, **names}.get(error.argument, error.argument))) from error


@contextmanager
def open_desk(
    config: Path | None, store: str | None, desk: str | None, *, read_only: bool = False
) -> Iterator[OpenDesk]:
    """The desk's store, which must be there; closed at the end. What does not fit is told as it is typed. Raises
    ConfigError, StoreUnavailable.
    """
    settings = settings_of(config, store, desk)
    opened = open_store(settings.store, read_only=read_only, create=False)
    try:
        with as_typed():
            yield OpenDesk(settings, opened, settings.alerts.desk)
    finally:
        opened.close()


def actor_of(by: str) -> str:
    """`--by`, else the login name."""
    if by.strip():
        return by.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise ConfigError("who are you? say --by NAME") from None


def show_json(what: Any) -> None:
    """Indented JSON on standard output."""
    show_encoded(msgspec.json.encode(what))


def show_encoded(data: bytes) -> None:
    """JSON as it was kept, indented, on standard output."""
    sys.stdout.write(escaped(msgspec.json.format(data, indent=2).decode()) + "\n")


def escaped(data: str) -> str:
    """JSON that reads the same, what could drive a terminal written as \\u0080: msgspec leaves all beyond C0 raw."""
    return "\n".join(
        line
        if line.isprintable()
        else "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in line)
        for line in data.split("\n")
    )


def show_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], empty: str) -> None:
    """A table, as wide as the terminal; `empty` where there are no rows. Cells are text, never markup."""
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
    """Without control characters: a headline must not drive a terminal."""
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)


def one_line(text: str) -> str:
    """As a terminal may be shown it: on one line, without control characters."""
    return _clean(text).replace("\n", " ").rstrip()


def short_time(ms: int | None) -> str:
    """`1987-10-19 16:30`; empty for none."""
    return f"{from_ms(ms):%Y-%m-%d %H:%M}" if ms else ""
