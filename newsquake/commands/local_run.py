"""Commands that run everything in one place: up, demo, init."""

from __future__ import annotations

import fcntl
import shutil
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from core.errors import ConfigError
from core.folders import writable
from core.settings import load_settings
from newsquake.commands.options import Broker, Config, StoreUrl, default_config, settings_of


def up(
    config: Config = None,
    replay: Annotated[
        Path | None, typer.Option(help="A dump to replay in event time: jsonl, csv, tsv, parquet.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(help="Columns of the dump with other names: published_at=date,title=headline,…"),
    ] = None,
    speed: Annotated[str, typer.Option(help="Event seconds per second, or `max`.")] = "max",
    exit: Annotated[
        bool, typer.Option("--exit", help="Exit when the dump has been processed and every pane is closed.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for summary.json and alerts.jsonl.")] = None,
    store: StoreUrl = None,
    broker: Broker = None,
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard")] = False,
    notify: Annotated[
        bool | None, typer.Option("--notify/--no-notify", help="Default: live runs notify, replays do not.")
    ] = None,
    rules: Annotated[Path | None, typer.Option(help="Another rules.yaml.")] = None,
    desk: Annotated[str | None, typer.Option(help="Another desk.")] = None,
) -> None:
    """Run the whole pipeline on this machine, from real sources on a schedule or from a dump."""
    from newsquake.up import UpOptions
    from newsquake.up import up as run

    desk_settings: dict[str, Any] = {}
    if rules:
        desk_settings["rules"] = str(rules.resolve())
    if desk:
        desk_settings["desk"] = desk
    settings = settings_of(config, store, broker, alerts=desk_settings)
    if exit and replay is None:
        raise ConfigError("--exit needs --replay: a live run has no end")
    from ingest.replay.options import parse_speed

    parse_speed(speed)
    environment = {f"NEWSQUAKE_ALERTS__{key.upper()}": value for key, value in desk_settings.items()}
    options = UpOptions(
        config or default_config(), replay, columns, speed, exit, out, not no_dashboard, notify, environment
    )
    run(settings, options)


def demo(
    seed: Annotated[int, typer.Option(help="Another seed makes other news.")] = 7,
    articles: Annotated[int, typer.Option(min=100, help="About how many.")] = 5000,
    speed: Annotated[str, typer.Option(help="Event seconds per second, or `max`.")] = "max",
    exit: Annotated[bool, typer.Option("--exit", help="Exit when everything has been processed.")] = False,
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for summary.json and alerts.jsonl.")] = None,
    folder: Annotated[Path, typer.Option(help="Folder for the demo's files.")] = Path("newsquake-data/demo"),
) -> None:
    """Run the whole pipeline on simulated news, with an embedded broker and a fresh store."""
    from ingest.replay.options import parse_speed
    from newsquake.simulate.cli import simulate
    from newsquake.up import UpOptions
    from newsquake.up import up as run

    parse_speed(speed)
    lock = _clear_demo(folder)  # held until this process ends
    simulate(out=folder, seed=seed, articles=articles)
    settings = load_settings(
        None, {"store": {"url": f"sqlite:///{folder / 'demo.db'}"}, "data_dir": str(folder)}, {}
    )
    # The score cache is kept: a second start shows the same alerts sooner.
    run(
        settings,
        UpOptions(None, folder / "articles.jsonl", None, speed, exit, out, not no_dashboard, False, {}),
    )
    lock.close()


_DEMO_MADE = ("demo.db", "demo.db-wal", "demo.db-shm", "articles.jsonl", "events.csv")


def _clear_demo(folder: Path) -> TextIO:
    """Remove the files of an earlier demo from `folder`, and nothing else; returns the lock on it.

    Raises ConfigError for a folder with other files, or where a demo runs.
    """
    writable(folder, "--folder")
    foreign = {path.name for path in folder.iterdir()} - {*_DEMO_MADE, ".lock", "logs", "replay"}
    if foreign and not (folder / ".lock").exists():
        raise ConfigError(f"--folder {folder}: contains other files ({min(foreign)} ...): name a new folder")
    lock = (folder / ".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise ConfigError(f"a demo runs in {folder} already: end it, or name another --folder") from error
    for name in _DEMO_MADE:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "logs", ignore_errors=True)
    return lock


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write newsquake.yaml and rules.yaml.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
) -> None:
    """Write a commented newsquake.yaml and rules.yaml to start from."""
    from importlib.resources import files

    from alerts.delivery.channels.registry import example

    writable(folder, "init")
    templates = files("alerts") / "templates"
    for name in ("newsquake.yaml", "rules.yaml"):
        target = folder / name
        if target.exists() and not force:
            raise ConfigError(f"{target} exists already; --force overwrites it")
    for name in ("newsquake.yaml", "rules.yaml"):
        text = (templates / name).read_text(encoding="utf-8").replace("  # {channels}\n", example())
        (folder / name).write_text(text, encoding="utf-8")
        typer.echo(f"wrote {folder / name}")
    typer.echo(
        f"next: newsquake doctor -c {folder / 'newsquake.yaml'}, then newsquake up -c {folder / 'newsquake.yaml'}"
    )
