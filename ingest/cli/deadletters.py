"""`newsquake dlq ...`."""

from __future__ import annotations

import sys
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from core.errors import ConfigError
from core.store import open_store
from core.times import iso, parse_span
from ingest.cli.options import AsJson, Broker, Config, Reason, Source, StoreUrl, load
from ingest.deadletters import reprocess, stored


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
    found_store = open_store(load(config, store).store)
    rows = stored.find(found_store, reason=reason, source=source, status=status, limit=limit)
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
    for name, number in stored.counts(found_store, status=status).items():
        console.print(f"{number:8d} {name}", highlight=False)


def dlq_show(
    origin: Annotated[str, typer.Argument(help="As `dlq list` shows it.")],
    config: Config = None,
    store: StoreUrl = None,
    raw: Annotated[bool, typer.Option("--raw", help="Only the original bytes.")] = False,
) -> None:
    """Show one dead letter with its original bytes."""
    row = stored.get(open_store(load(config, store).store), origin)
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

    settings = load(config, store, broker)
    if not (origins or reason or source):
        raise ConfigError("dlq replay: name origins, or choose with --reason or --source")
    named_columns = parse_columns(columns)
    found_store = open_store(settings.store)
    bus = open_bus(settings.broker) if settings.broker.address else None
    try:
        outcome = reprocess.replay(
            settings,
            found_store,
            bus,
            origins=origins or (),
            reason=reason,
            source=source,
            columns=named_columns,
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
    """Delete the original bytes of dead letters; that they died, and why, stays counted."""
    if not (reason or source or older_than):
        raise ConfigError("dlq purge: choose with --reason, --source or --older-than")
    try:
        age = parse_span(older_than) if older_than else 0
    except ValueError as error:
        raise ConfigError(f"--older-than: {error}") from error
    found_store = open_store(load(config, store).store)
    if not yes:
        number = stored.purge(found_store, reason=reason, source=source, older_than_ms=age, count_only=True)
        if number and not typer.confirm(f"Forget the original bytes of {number} dead letter(s) for good?"):
            raise ConfigError("dlq purge: nothing done (--yes to skip the question)")
    sys.stdout.write(f"{stored.purge(found_store, reason=reason, source=source, older_than_ms=age)} purged\n")
