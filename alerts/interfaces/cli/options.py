"""Options that the commands of alerts share, and the store that they open."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from alerts.delivery.channels.registry import channel_settings
from alerts.errors import InvalidArgument
from alerts.handling.silences import MATCHERS
from core.errors import ConfigError
from core.settings import Settings, load_settings
from core.store import Store, open_store

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
    """A desk's open store with its settings."""

    settings: Settings
    store: Store
    name: str

    def now_ms(self, connection: Connection) -> int:
        """Return the time by the database's clock (epoch ms), which all writers share."""
        return self.store.now_ms(connection)


def settings_of(config: Path | None, store: str | None = None, desk: str | None = None) -> Settings:
    """Return the settings from the shared options. Raises ConfigError."""
    path = config or Path(os.environ.get("NEWSQUAKE_CONFIG", "newsquake.yaml"))
    known = config is not None or "NEWSQUAKE_CONFIG" in os.environ or path.exists()
    overrides: dict[str, Any] = {}
    if store:
        overrides["store"] = {"url": store}
    if desk:
        overrides["alerts"] = {"desk": desk}
    settings = load_settings(path if known else None, overrides)
    channel_settings(settings)  # faults in channels are reported by every command, before anything starts
    return settings


OPTIONS = {
    "reason": "--reason", "actor": "--by", "author": "--by", "disposition": "--as", "rule": "--rule",
    "series": "--series", "severity": "--severity", "starts_at": "--from", "ends_at": "--until",
    "window": "--window", "to": "--at", MATCHERS: "--rule, --series, --severity or --alert",
}  # fmt: skip
"""Argument of a request -> the option that a person types."""


@contextmanager
def as_typed(**names: str) -> Iterator[None]:
    """Turn InvalidArgument into ConfigError with the option's name; `names` overrides OPTIONS."""
    try:
        yield
    except InvalidArgument as error:
        raise ConfigError(error.message({**OPTIONS, **names}.get(error.argument, error.argument))) from error


@contextmanager
def open_desk(
    config: Path | None, store: str | None, desk: str | None, *, read_only: bool = False
) -> Iterator[OpenDesk]:
    """Open the desk's store, which must exist, and close it at the end. Invalid arguments are named by their options.

    Raises ConfigError, StoreUnavailable.
    """
    settings = settings_of(config, store, desk)
    opened = open_store(settings.store, read_only=read_only, create=False)
    try:
        with as_typed():
            yield OpenDesk(settings, opened, settings.alerts.desk)
    finally:
        opened.close()


def actor_of(by: str) -> str:
    """Return `--by`, else the login name. Raises ConfigError where there is neither."""
    if by.strip():
        return by.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise ConfigError("who are you? say --by NAME") from None
