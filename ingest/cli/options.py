"""Options that the commands share, and the settings that they load."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from core.settings import Settings, load_settings

Config = Annotated[Path | None, typer.Option("-c", "--config", help="newsquake.yaml")]
StoreUrl = Annotated[
    str | None, typer.Option("--store", help="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DB")
]
Broker = Annotated[str | None, typer.Option("--broker", help="HOST:PORT of a Kafka broker.")]
Reason = Annotated[str | None, typer.Option(help="Only those dead for this reason.")]
Source = Annotated[str | None, typer.Option(help="Only those of this source.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def load(config: Path | None, store: str | None = None, broker: str | None = None) -> Settings:
    """Return the settings of `config`, else of NEWSQUAKE_CONFIG or ./newsquake.yaml. Raises ConfigError."""
    overrides: dict[str, dict[str, str]] = {}
    if store:
        overrides["store"] = {"url": store}
    if broker:
        overrides["broker"] = {"address": broker}
    default = Path(os.environ.get("NEWSQUAKE_CONFIG", "newsquake.yaml"))
    if config is None and (default.exists() or "NEWSQUAKE_CONFIG" in os.environ):
        config = default
    return load_settings(config, overrides)
