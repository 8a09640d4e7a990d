"""Options that most commands share, and the settings they make."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import ConfigError
from core.settings import Settings, load_settings

Config = Annotated[
    Path | None,
    typer.Option("-c", "--config", help="newsquake.yaml; default: ./newsquake.yaml if it exists."),
]
StoreUrl = Annotated[
    str | None, typer.Option("--store", help="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DB")
]
Broker = Annotated[str | None, typer.Option("--broker", help="HOST:PORT of a Kafka broker.")]
Port = Annotated[int | None, typer.Option("--port", min=1, max=65535)]


def settings_of(
    config: Path | None, store: str | None = None, broker: str | None = None, **more: dict[str, Any]
) -> Settings:
    """Settings from the options that most commands share; `more`: overrides by section. Raises ConfigError."""
    overrides: dict[str, Any] = {name: values for name, values in more.items() if values}
    if store:
        overrides.setdefault("store", {})["url"] = store
    if broker:
        overrides.setdefault("broker", {})["address"] = broker
    from alerts.delivery.channels.registry import channel_settings

    settings = load_settings(config or default_config(), overrides)
    channel_settings(settings)  # errors in channels are reported by every command, before anything starts
    return settings


def default_config() -> Path | None:
    """The file in NEWSQUAKE_CONFIG, else ./newsquake.yaml if it exists, else None."""
    path = Path(os.environ.get("NEWSQUAKE_CONFIG", "newsquake.yaml"))
    return path if path.exists() or "NEWSQUAKE_CONFIG" in os.environ else None


def needs_broker(settings: Settings) -> Settings:
    """`settings`, if they name a broker, which a stage that runs alone needs. Raises ConfigError."""
    if not settings.broker.address:
        raise ConfigError("no broker: set broker.address, NEWSQUAKE_BROKER__ADDRESS or --broker HOST:PORT")
    return settings
