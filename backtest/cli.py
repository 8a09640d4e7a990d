"""`newsquake backtest`: rules over history, and whether the live desk decided the same."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import func, select

from alerts.interfaces.export import alert_lines
from alerts.rules.loading import load_rules
from backtest import history
from backtest.run import run
from core.errors import ConfigError, NewsquakeError
from core.folders import writable
from core.records import ScoredArticle
from core.settings import load_settings
from core.store import Store, open_store
from core.tables import scores
from core.times import parse_iso


def backtest(
    config: Annotated[Path | None, typer.Option("-c", "--config", help="newsquake.yaml")] = None,
    store: Annotated[
        str | None, typer.Option("--store", help="Recorded scored articles: of this store.")
    ] = None,
    scored: Annotated[
        Path | None, typer.Option(help="Or of scored.jsonl (newsquake simulate --scored).")
    ] = None,
    rules: Annotated[Path | None, typer.Option(help="Other rules than the settings'.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="ISO 8601, UTC")] = None,
    end: Annotated[str | None, typer.Option("--to", help="ISO 8601, UTC")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for alerts.jsonl and summary.json.")] = None,
    parity: Annotated[
        bool,
        typer.Option("--parity", help="Compare with the alerts that live recorded; exit 1 if they differ."),
    ] = False,
) -> None:
    """Run rules over recorded scored articles: no broker, no model, no look-ahead."""
    overrides = {"store": {"url": store}} if store else {}
    default = Path("newsquake.yaml")
    settings = load_settings(config or (default if default.exists() else None), overrides)
    if parity and (scored or rules or start or end):
        raise ConfigError(
            "--parity compares the store's own articles under its own rules: no --scored, --rules, --from"
        )
    if out is not None:
        writable(out, "--out")
    rules_file = rules or (settings.path(settings.alerts.rules) if settings.alerts.rules else None)
    opened = None if scored else open_store(settings.store, read_only=True)
    if parity and opened is not None:
        rule_set, sets = history.rules_of_store(opened, settings.alerts.desk, lambda: load_rules(rules_file))
        if sets > 1:
            ran_under = f"desk {settings.alerts.desk} ran under {sets} sets of rules"
            typer.echo(f"{ran_under}; compared under {rule_set.version}", err=True)
    else:
        rule_set = load_rules(rules_file)
    since, until = period(start, end)
    refused: list[str] = []
    records, total = _records(opened, scored, since, until, refused)
    health = history.health_of_store(opened, since, until) if opened is not None else []
    started = time.monotonic()
    columns = (TextColumn("backtest"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        result = run(
            records,
            rule_set,
            pane_ms=settings.alerts.pane,
            lateness_ms=settings.alerts.allowed_lateness,
            progress=lambda done: bar.update(task, completed=done),
            health=health,
        )
    took = time.monotonic() - started
    if not (result.articles or parity):
        within = " from --from to --to" if start or end else ""
        raise ConfigError(f"{scored or settings.store.url}: it holds no article{within}, so nothing was run")
    lines = list(result.jsonl())
    fired = len({line.id for line in result.lines if line.state == "firing"})
    if out is not None:
        (out / "alerts.jsonl").write_bytes(b"".join(lines))
        summary = {
            "articles": result.articles,
            "repeats": result.repeats,
            "panes": result.panes,
            "alerts": fired,
        }
        (out / "summary.json").write_text(json.dumps({**summary, "seconds": round(took, 3)}, indent=2) + "\n")
    typer.echo(
        f"{result.articles} articles, {result.panes} panes, {fired} alerts in {took:.1f} s "
        f"({result.articles / max(took, 1e-9):,.0f} articles/s)"
    )
    say_refused(refused)
    if rule_set.outages and not health:
        where = scored or settings.store.url
        typer.echo(f"no outages were evaluated: {where} holds no health records (a dump has none)", err=True)
    if parity:
        assert opened is not None
        _compare(lines, list(alert_lines(opened, settings.alerts.desk)))


def say_refused(refused: list[str]) -> None:
    """Print on standard error how many lines were left out, and the first of them."""
    if refused:
        typer.echo(
            f"{len(refused)} lines left out (dead letters when live); the first: {refused[0]}",
            err=True,
        )


def period(start: str | None, end: str | None) -> tuple[int | None, int | None]:
    """Return `--from` and `--to` as epoch ms, None where not given. Raises ConfigError."""
    since, until = _moment(start, "--from"), _moment(end, "--to")
    if since is not None and until is not None and since >= until:
        raise ConfigError(f"--from {start} is not before --to {end}")
    return since, until


def _moment(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    try:
        return parse_iso(text)
    except ValueError as error:
        raise ConfigError(f"{name} {text}: expected a time such as 2026-01-31 ({error})") from error


def _records(
    store: Store | None, file: Path | None, since: int | None, until: int | None, refused: list[str]
) -> tuple[Iterator[ScoredArticle], int | None]:
    if file is not None:
        within = (
            one
            for one in history.of_file(file, refused)
            if (since is None or one.article.available_at >= since)
            and (until is None or one.article.available_at < until)
        )
        return within, None
    assert store is not None
    with store.read() as connection:
        total = connection.execute(select(func.count()).select_from(scores)).scalar_one()
    return history.of_store(store, since, until), total


def _compare(mine: list[bytes], live: list[bytes]) -> None:
    if mine == live:
        typer.echo(f"parity: {len(live)} lines, the same byte for byte")
        return
    differing = next(
        (n for n, (a, b) in enumerate(zip(mine, live, strict=False)) if a != b), min(len(mine), len(live))
    )
    shown = [
        lines[differing].decode().strip()[:200] if differing < len(lines) else "(none)"
        for lines in (mine, live)
    ]
    raise NewsquakeError(
        f"parity broken at line {differing + 1} (backtest {len(mine)} lines, live {len(live)}):\n"
        f"  backtest {shown[0]}\n  live     {shown[1]}"
    )
