"""The roof's own commands. Each turns options into settings and calls the stage."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from hashlib import sha256
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from core.errors import ConfigError, NewsquakeError
from core.folders import writable
from core.settings import Settings, load_settings

Config = Annotated[
    Path | None,
    typer.Option("-c", "--config", help="newsquake.yaml; default: ./newsquake.yaml where it is there."),
]
StoreUrl = Annotated[
    str | None, typer.Option("--store", help="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DB")
]
Broker = Annotated[str | None, typer.Option("--broker", help="HOST:PORT of a Kafka broker.")]
Port = Annotated[int | None, typer.Option("--port", min=1, max=65535)]


def settings_of(
    config: Path | None, store: str | None = None, broker: str | None = None, **more: dict[str, Any]
) -> Settings:
    """Settings from the options that most commands share. Raises ConfigError."""
    overrides: dict[str, Any] = {name: values for name, values in more.items() if values}
    if store:
        overrides.setdefault("store", {})["url"] = store
    if broker:
        overrides.setdefault("broker", {})["address"] = broker
    from alerts.delivery.channels.registry import channel_settings

    settings = load_settings(config or default_config(), overrides)
    channel_settings(settings)  # faults in channels are reported by every command, before anything starts
    return settings


def default_config() -> Path | None:
    """./newsquake.yaml where it is there."""
    path = Path(os.environ.get("NEWSQUAKE_CONFIG", "newsquake.yaml"))
    return path if path.exists() or "NEWSQUAKE_CONFIG" in os.environ else None


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


def ingest(
    config: Config = None,
    replay: Annotated[Path | None, typer.Option()] = None,
    columns: Annotated[str | None, typer.Option()] = None,
    speed: Annotated[str, typer.Option()] = "max",
    store: StoreUrl = None,
    broker: Broker = None,
) -> None:
    """Stage: read sources on a schedule (or one dump) and write `news.raw`."""
    from ingest.dumps.columns import parse_columns
    from ingest.replay.options import ReplayOptions, parse_speed
    from newsquake import pipeline

    options = (
        ReplayOptions(replay, parse_speed(speed), parse_columns(columns)) if replay is not None else None
    )
    pipeline.ingest(needs_broker(settings_of(config, store, broker)), options)


def needs_broker(settings: Settings) -> Settings:
    """A stage that runs alone must be told its broker. Raises ConfigError."""
    if not settings.broker.address:
        raise ConfigError("no broker: set broker.address, NEWSQUAKE_BROKER__ADDRESS or --broker HOST:PORT")
    return settings


def classify_worker(
    config: Config = None,
    partitions: Annotated[
        str | None, typer.Option(help="Read these (0,1,2) instead of what the consumer group assigns.")
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
    """Stage: stories, windows, detectors, rules, alerts. One per desk; further ones stand by."""
    from newsquake import pipeline

    pipeline.alerts(needs_broker(settings_of(config, store, broker)), notify=notify)


def deliver(config: Config = None, store: StoreUrl = None) -> None:
    """Stage: send what the outbox holds."""
    from newsquake import pipeline

    pipeline.delivery(settings_of(config, store))


def dashboard(config: Config = None, port: Port = None, store: StoreUrl = None) -> None:
    """Stage: the page analysts look at."""
    from dashboard.launch import command

    settings = settings_of(config, store, dashboard={"port": port} if port else {})
    os.environ["NEWSQUAKE_STORE__URL"] = settings.store.url
    if config:
        os.environ["NEWSQUAKE_CONFIG"] = str(config)
    end_with_parent()
    arguments = command(settings)
    # In this process, not a child's: then ending this one ends the page.
    sys.argv = arguments[arguments.index("streamlit") :]
    from streamlit.web import cli as streamlit_cli

    streamlit_cli.main()


def end_with_parent() -> None:
    """End this process when the local run that started it is gone, even by kill -9."""
    parent = os.environ.get("NEWSQUAKE_PARENT")
    if not parent:
        return

    def watch() -> None:
        while os.getppid() == int(parent):
            time.sleep(0.5)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def _free(host: str, port: int) -> None:
    """Raises ConfigError where nobody can listen there: the server's own words would say neither why nor what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror
            raise ConfigError(
                f"api: {host}:{port}: {why}; choose another by --port, or api.host and api.port in newsquake.yaml"
            ) from error


def api(config: Config = None, port: Port = None, store: StoreUrl = None, broker: Broker = None) -> None:
    """Stage: the HTTP API (push, alerts, series), with OpenAPI on /docs."""
    import uvicorn

    from newsquake.server import create_app

    settings = settings_of(config, store, broker, api={"port": port} if port else {})
    _free(settings.api.host, settings.api.port)
    end_with_parent()
    uvicorn.run(create_app(settings), host=settings.api.host, port=settings.api.port, log_level="warning")


def tokens_create(
    name: Annotated[str, typer.Argument(help="Whose token it is.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="push, read, handle; may be given several times.")
    ] = None,
    rate: Annotated[int, typer.Option(help="Requests a minute.")] = 600,
    config: Config = None,
    store: StoreUrl = None,
) -> None:
    """Create a token; it is shown once, the store keeps its hash."""
    from core.store import open_store
    from core.tables import tokens

    scope = scope or ["read"]
    if unknown := set(scope) - {"push", "read", "handle"}:
        raise ConfigError(f"unknown scope {sorted(unknown)}: expected push, read, handle")
    token = "nq_" + secrets.token_urlsafe(32)
    opened = open_store(settings_of(config, store).store)
    with opened.write() as connection:
        connection.execute(
            tokens.insert().values(
                hash=sha256(token.encode()).hexdigest(), name=name, scopes=" ".join(sorted(set(scope))),
                rate_per_minute=rate, created_at=opened.now_ms(connection), revoked=False,
            )
        )  # fmt: skip
    typer.echo(token)


def tokens_list(config: Config = None, store: StoreUrl = None) -> None:
    """List tokens (never the tokens themselves)."""
    from core.store import open_store
    from core.tables import tokens
    from core.times import iso

    with open_store(settings_of(config, store).store).read() as connection:
        for row in connection.execute(tokens.select().order_by(tokens.c.created_at)):
            state = "revoked" if row.revoked else "active"
            rate = f"{row.rate_per_minute}/min"
            typer.echo(f"{row.hash[:12]}  {state:<8} {row.name}  {row.scopes}  {rate}  {iso(row.created_at)}")


def tokens_revoke(
    which: Annotated[str, typer.Argument(help="Name, or the start of the hash.")],
    config: Config = None,
    store: StoreUrl = None,
) -> None:
    """Revoke tokens by name or hash."""
    from sqlalchemy import or_, update

    from core.store import open_store
    from core.tables import tokens

    with open_store(settings_of(config, store).store).write() as connection:
        done = connection.execute(
            update(tokens)
            .where(or_(tokens.c.name == which, tokens.c.hash.startswith(which)))
            .values(revoked=True)
        ).rowcount
    if not done:
        raise ConfigError(f"no token named {which!r} (newsquake tokens list)")
    typer.echo(f"revoked {done}")


def schema(what: Annotated[str, typer.Argument(help="records, settings or rules")] = "settings") -> None:
    """Print JSON schemas: of what stands on Kafka, of newsquake.yaml, of rules.yaml (for editors)."""
    if what == "records":
        from core.records import json_schemas

        found: Any = json_schemas()
    elif what == "settings":
        found = Settings.model_json_schema()
    elif what == "rules":
        from alerts.rules.schema import RulesFile

        found = RulesFile.model_json_schema()
    else:
        raise ConfigError(f"{what}: expected records, settings or rules")
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False))


def bench_scoring(
    texts: Annotated[int, typer.Option(min=32, help="How many headlines.")] = 1024,
    rounds: Annotated[int, typer.Option(min=1, help="The best of so many.")] = 3,
    other_python: Annotated[
        Path | None, typer.Option(help="An interpreter that has torch and transformers (the extra `train`).")
    ] = None,
    infinity_python: Annotated[
        Path | None, typer.Option(help="An interpreter that has infinity-emb.")
    ] = None,
) -> None:
    """Texts scored a second, side by side with what else one would pick, in one run; ratios as `21.3 ×`."""
    script = Path(__file__).resolve().parents[1] / "bench" / "scoring.py"
    if not script.exists():
        raise ConfigError(
            "the benches come with the repository, not with the package: run this from a checkout"
        )
    for option, python in (("--other-python", other_python), ("--infinity-python", infinity_python)):
        if python and not shutil.which(str(python)):
            raise ConfigError(f"{option} {python}: no such interpreter")
    more = ["--texts", str(texts), "--rounds", str(rounds)]
    more += ["--other-python", str(other_python)] if other_python else []
    more += ["--infinity-python", str(infinity_python)] if infinity_python else []
    if subprocess.run([sys.executable, str(script), *more], check=False).returncode:
        raise NewsquakeError("the bench failed; what it said stands above")


def version() -> None:
    """Print the version."""
    typer.echo(f"newsquake {installed_version('newsquake')}")
