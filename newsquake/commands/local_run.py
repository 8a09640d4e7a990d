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
        Path | None, typer.Option(help="A dump to feed in event time: jsonl, csv, tsv, parquet.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="Where the dump's names differ: published_at=date,title=headline,…")
    ] = None,
    speed: Annotated[str, typer.Option(help="Event seconds per second, or `max`.")] = "max",
    exit: Annotated[
        bool, typer.Option("--exit", help="End when the dump is through and every pane is closed.")
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
    """Run everything in one place, from real sources on a schedule or from a dump."""
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
    seed: Annotated[int, typer.Option(help="Another seed, other news.")] = 7,
    articles: Annotated[int, typer.Option(min=100, help="About how many.")] = 5000,
    speed: Annotated[str, typer.Option(help="Event seconds per second, or `max`.")] = "max",
    exit: Annotated[bool, typer.Option("--exit", help="End when all of it is through.")] = False,
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for summary.json and alerts.jsonl.")] = None,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its things.")] = Path(
        "newsquake-data/demo"
    ),
) -> None:
    """See it work: simulated news through the whole path, on embedded parts, nothing kept from the last time."""
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
    # The score cache outlives the demo: a second start shows the same alerts sooner.
    run(
        settings,
        UpOptions(None, folder / "articles.jsonl", None, speed, exit, out, not no_dashboard, False, {}),
    )
    lock.close()


_DEMO_MADE = ("demo.db", "demo.db-wal", "demo.db-shm", "articles.jsonl", "events.csv")


def _clear_demo(folder: Path) -> TextIO:
    """Remove what an earlier demo made in `folder`, and nothing else; returns the lock on it.

    Raises ConfigError for a folder that holds other things, or where a demo runs.
    """
    writable(folder, "--folder")
    foreign = {path.name for path in folder.iterdir()} - {*_DEMO_MADE, ".lock", "logs", "replay"}
    if foreign and not (folder / ".lock").exists():
        raise ConfigError(f"--folder {folder}: holds other things ({min(foreign)} ...): name a new folder")
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
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
) -> None:
    """Write a commented newsquake.yaml and rules.yaml to start from."""
    from importlib.resources import files

    from alerts.delivery.channels.registry import example

    writable(folder, "init")
    templates = files("alerts") / "templates"
    for name in ("newsquake.yaml", "rules.yaml"):
        target = folder / name
        if target.exists() and not force:
            raise ConfigError(f"{target} is there already; --force writes over it")
    for name in ("newsquake.yaml", "rules.yaml"):
        text = (templates / name).read_text(encoding="utf-8").replace("  # {channels}\n", example())
        (folder / name).write_text(text, encoding="utf-8")
        typer.echo(f"wrote {folder / name}")
    typer.echo(
        f"next: newsquake doctor -c {folder / 'newsquake.yaml'}, then newsquake up -c {folder / 'newsquake.yaml'}"
    )
