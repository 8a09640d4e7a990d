"""`newsquake sources …` and `newsquake dlq …`, mounted by the roof."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlalchemy import make_url

from core.errors import ConfigError, NewsquakeError
from core.settings import Settings, load_settings
from core.store import Store, open_store
from core.times import iso, parse_span
from ingest.deadletters import commands as dlq

Config = Annotated[Path | None, typer.Option("-c", "--config", help="newsquake.yaml")]
StoreUrl = Annotated[
    str | None, typer.Option("--store", help="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DB")
]
Broker = Annotated[str | None, typer.Option("--broker", help="HOST:PORT of a Kafka broker.")]
Reason = Annotated[str | None, typer.Option(help="Only those dead for this reason.")]
Source = Annotated[str | None, typer.Option(help="Only those of this source.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def _settings(config: Path | None, store: str | None = None, broker: str | None = None) -> Settings:
    overrides: dict[str, dict[str, str]] = {}
    if store:
        overrides["store"] = {"url": store}
    if broker:
        overrides["broker"] = {"address": broker}
    default = Path(os.environ.get("NEWSQUAKE_CONFIG", "newsquake.yaml"))
    if config is None and (default.exists() or "NEWSQUAKE_CONFIG" in os.environ):
        config = default
    return load_settings(config, overrides)


def sources_list(
    config: Config = None, public: Annotated[bool, typer.Option(help="The shipped set.")] = False
) -> None:
    """List the sources that the settings name."""
    from ingest.sources.spec import load_sources

    table = Table("name", "kind", "on", "every", "language", "verified", "address", box=None)
    for spec in load_sources(_public(_settings(config), public)):
        every = spec.cron or f"{spec.every // 1000} s"
        address = getattr(spec, "url", "") or getattr(spec, "path", "") or getattr(spec, "address", "")
        kind = str(getattr(spec, "kind", ""))
        table.add_row(
            spec.name, kind, "yes" if spec.enabled else "no", every, spec.language, spec.verified, address
        )
    Console(width=max(120, Console().width), emoji=False, markup=False).print(table)


def sources_check(
    names: Annotated[list[str] | None, typer.Argument(help="Names of sources; default: all.")] = None,
    config: Config = None,
    store: StoreUrl = None,
    public: Annotated[bool, typer.Option(help="Check the shipped set of public sources.")] = False,
) -> None:
    """Try each source once, without taking anything in, and say what it gives. Status 1 when one cannot be used."""
    from ingest.live.check import check_all
    from ingest.live.runner import open_fetcher
    from ingest.sources.spec import load_sources

    settings = _public(_settings(config, store), public)
    specs = load_sources(settings)
    if names:
        if unknown := set(names) - {spec.name for spec in specs}:
            raise ConfigError(f"sources check: unknown source {', '.join(sorted(unknown))}")
        specs = [spec for spec in specs if spec.name in names]
    if not specs:
        raise ConfigError(
            "no sources: name some under ingest.sources, or try: newsquake sources check --public"
        )
    table = Table(box=None)
    for name in ("source", "reachable", "parsed", "new", "newest", "language", "remark"):
        table.add_column(name, no_wrap=True)
    bad = 0
    found = check_all(specs, settings, open_fetcher(settings), _store_if_there(settings))
    shown = track(found, "checking", len(specs), console=Console(stderr=True), transient=True)
    for spec, result in zip(specs, shown, strict=True):
        bad += not result.parsed
        table.add_row(
            spec.name,
            "yes" if result.reachable else "no",
            str(result.items) if result.parsed else "no",
            str(result.new),
            iso(result.newest) if result.newest else "",
            " ".join(result.languages),
            result.remark,
        )
    console = Console()  # cut at a terminal's edge only: what goes into a file or a pipe is whole
    width = max(140, console.width) if console.is_terminal else 400
    Console(width=width, emoji=False, markup=False).print(table)
    if bad:
        raise NewsquakeError(f"{bad} of {len(specs)} sources cannot be used")


def _store_if_there(settings: Settings) -> Store | None:
    """The store, to see what is known already; a look makes none."""
    url = make_url(settings.store.url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return None
    return open_store(settings.store)


def _public(settings: Settings, public: bool) -> Settings:
    if not public:
        return settings
    ingest = settings.ingest.model_copy(update={"sources": [], "source_files": ["public"]})
    return settings.model_copy(update={"ingest": ingest})


def dlq_list(
    config: Config = None,
    store: StoreUrl = None,
    reason: Reason = None,
    source: Source = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    status: Annotated[str, typer.Option(help="dead, replayed, purged or all.")] = "dead",
    json: AsJson = False,
) -> None:
    """List dead letters, newest first, with a count per reason."""
    found_store = open_store(_settings(config, store).store)
    rows = dlq.find(found_store, reason=reason, source=source, status=status, limit=limit)
    if json:
        for row in rows:
            sys.stdout.write(orjson.dumps(row.summary()).decode() + "\n")
        return
    table = Table("origin", "reason", "source", "at", "attempts", "status", "detail", box=None)
    for row in rows:
        table.add_row(
            row.origin, row.reason, row.source, iso(row.at), str(row.attempts), row.status, row.detail[:80]
        )
    console = Console(width=max(140, Console().width), emoji=False, markup=False)
    console.print(table)
    for name, number in dlq.counts(found_store, status=status).items():
        console.print(f"{number:8d} {name}", highlight=False)


def dlq_show(
    origin: Annotated[str, typer.Argument(help="As `dlq list` shows it.")],
    config: Config = None,
    store: StoreUrl = None,
    raw: Annotated[bool, typer.Option("--raw", help="Only the original bytes.")] = False,
) -> None:
    """Show one dead letter with its original bytes."""
    row = dlq.get(open_store(_settings(config, store).store), origin)
    if raw:
        sys.stdout.buffer.write(row.payload)
        return
    for name, value in row.summary().items():
        sys.stdout.write(f"{name:13} {value}\n")
    if row.context:
        sys.stdout.write(f"context       {row.context[:2000]}\n")
    sys.stdout.write(f"\n{row.payload[:20_000].decode('utf-8', 'replace')}\n")


def dlq_replay(
    origins: Annotated[
        list[str] | None, typer.Argument(help="Origins; or choose with --reason or --source.")
    ] = None,
    config: Config = None,
    store: StoreUrl = None,
    broker: Broker = None,
    reason: Reason = None,
    source: Source = None,
    columns: Annotated[
        str | None,
        typer.Option(help="FIELD=COLUMN,… of a replayed dump, in place of those it was begun with."),
    ] = None,
) -> None:
    """Try dead letters again after a fix: those that pass now are sent, the others stay dead. Idempotent."""
    from core.bus import open_bus
    from ingest.dumps.columns import parse_columns

    settings = _settings(config, store, broker)
    if not (origins or reason or source):
        raise ConfigError("dlq replay: name origins, or choose with --reason or --source")
    told = parse_columns(columns)
    found_store = open_store(settings.store)
    bus = open_bus(settings.broker) if settings.broker.address else None
    try:
        outcome = dlq.replay(
            settings, found_store, bus, origins=origins or (), reason=reason, source=source, columns=told
        )
    finally:
        if bus is not None:
            bus.close()
    done = "sent" if bus is not None else "on their way"
    sys.stdout.write(
        f"{outcome.sent} {done}, {outcome.still_dead} still dead, {outcome.skipped} replayed before\n"
    )
    if bus is None and outcome.sent:
        sys.stdout.write(
            "no broker is named: `newsquake up` sends them from the store, at once where it runs\n"
        )
    for origin, why in outcome.why.items():
        sys.stdout.write(f"{origin}  {why}\n")


def dlq_purge(
    config: Config = None,
    store: StoreUrl = None,
    reason: Reason = None,
    source: Source = None,
    older_than: Annotated[str | None, typer.Option(help="Only those older than this: 30d, 12h.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget the original bytes of dead letters; that they died, and why, stays counted."""
    if not (reason or source or older_than):
        raise ConfigError("dlq purge: choose with --reason, --source or --older-than")
    try:
        age = parse_span(older_than) if older_than else 0
    except ValueError as error:
        raise ConfigError(f"--older-than: {error}") from error
    found_store = open_store(_settings(config, store).store)
    if not yes:
        number = dlq.purge(found_store, reason=reason, source=source, older_than_ms=age, count_only=True)
        if number and not typer.confirm(f"Forget the original bytes of {number} dead letter(s) for good?"):
            raise ConfigError("dlq purge: nothing done (--yes to skip the question)")
    sys.stdout.write(f"{dlq.purge(found_store, reason=reason, source=source, older_than_ms=age)} purged\n")
