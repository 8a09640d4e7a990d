"""Commands that run one stage of the pipeline in this process."""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Annotated

import typer

from core.errors import ConfigError
from newsquake.commands.options import Broker, Config, Port, StoreUrl, needs_broker, settings_of


def ingest(
    config: Config = None,
    replay: Annotated[Path | None, typer.Option()] = None,
    columns: Annotated[str | None, typer.Option()] = None,
    speed: Annotated[str, typer.Option()] = "max",
    store: StoreUrl = None,
    broker: Broker = None,
) -> None:
    """Stage: read sources on a schedule (or replay a dump) into `news.raw`."""
    from ingest.dumps.columns import parse_columns
    from ingest.replay.options import ReplayOptions, parse_speed
    from newsquake import pipeline

    options = (
        ReplayOptions(replay, parse_speed(speed), parse_columns(columns)) if replay is not None else None
    )
    pipeline.ingest(needs_broker(settings_of(config, store, broker)), options)


def classify_worker(
    config: Config = None,
    partitions: Annotated[
        str | None, typer.Option(help="Read these (0,1,2) instead of those that the consumer group assigns.")
    ] = None,
    store: StoreUrl = None,
    broker: Broker = None,
) -> None:
    """Stage: score `news.raw` into `news.scored`. Run as many as there are GPUs, up to the number of partitions."""
    from newsquake import pipeline

    chosen = None
    if partitions is not None:
        try:
            chosen = [int(number) for number in partitions.split(",")]
        except ValueError:
            raise ConfigError(f"--partitions {partitions}: expected numbers such as 0,1,2") from None
    pipeline.classifier(needs_broker(settings_of(config, store, broker)), chosen)


def alert_worker(
    config: Config = None,
    notify: Annotated[bool, typer.Option("--notify/--no-notify")] = True,
    store: StoreUrl = None,
    broker: Broker = None,
) -> None:
    """Stage: stories, windows, detectors, rules, alerts. One per desk; further ones are standbys."""
    from newsquake import pipeline

    pipeline.alerts(needs_broker(settings_of(config, store, broker)), notify=notify)


def deliver(config: Config = None, store: StoreUrl = None) -> None:
    """Stage: send the notifications in the outbox."""
    from newsquake import pipeline

    pipeline.delivery(settings_of(config, store))


def dashboard(config: Config = None, port: Port = None, store: StoreUrl = None) -> None:
    """Stage: the dashboard."""
    from dashboard.launch import command

    settings = settings_of(config, store, dashboard={"port": port} if port else {})
    os.environ["NEWSQUAKE_STORE__URL"] = settings.store.url
    if config:
        os.environ["NEWSQUAKE_CONFIG"] = str(config)
    end_with_parent()
    arguments = command(settings)
    # In this process, not in a child: ending it ends the dashboard.
    sys.argv = arguments[arguments.index("streamlit") :]
    from streamlit.web import cli as streamlit_cli

    streamlit_cli.main()


def api(config: Config = None, port: Port = None, store: StoreUrl = None, broker: Broker = None) -> None:
    """Stage: the HTTP API (push, alerts, series), with OpenAPI on /docs."""
    import uvicorn

    from newsquake.server import create_app

    settings = settings_of(config, store, broker, api={"port": port} if port else {})
    _free(settings.api.host, settings.api.port)
    end_with_parent()
    uvicorn.run(create_app(settings), host=settings.api.host, port=settings.api.port, log_level="warning")


def end_with_parent() -> None:
    """End this process when the local run that started it ends, even by kill -9."""
    parent = os.environ.get("NEWSQUAKE_PARENT")
    if not parent:
        return

    def watch() -> None:
        while os.getppid() == int(parent):
            time.sleep(0.5)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def _free(host: str, port: int) -> None:
    """Raise ConfigError where the port cannot be bound: the server's own error says neither why nor what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = "it is in use" if error.errno == errno.EADDRINUSE else error.strerror
            raise ConfigError(
                f"api: {host}:{port}: {why}; choose another by --port, or api.host and api.port in newsquake.yaml"
            ) from error
