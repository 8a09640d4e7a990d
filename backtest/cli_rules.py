"""`newsquake rules preview` and `newsquake rules tune`: rules over recorded history, before they are trusted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import func, select

from alerts.interfaces.cli.options import Config, Json, StoreUrl, settings_of
from alerts.interfaces.cli.output import show_json, show_table
from alerts.interfaces.cli.rules import rules_of
from alerts.thresholds.fit import Fit
from backtest import history
from backtest.cli import period, say_refused
from backtest.known_incidents import read_incidents
from backtest.preview import preview
from backtest.report import PreviewReport, RuleReport
from core.errors import ConfigError
from core.records import Health, ScoredArticle
from core.store import open_store
from core.tables import articles
from core.times import iso

Rules = Annotated[Path | None, typer.Option("--rules", help="rules.yaml; default: the settings' own.")]
Start = Annotated[
    str | None, typer.Option("--from", help="ISO 8601, UTC; articles before are only learned from.")
]
End = Annotated[str | None, typer.Option("--to", help="ISO 8601, UTC; not included.")]
Scored = Annotated[
    Path | None, typer.Option("--scored", help="History from scored.jsonl, not from the store.")
]


def rules_preview(
    rules: Rules = None,
    start: Start = None,
    end: End = None,
    events: Annotated[
        Path | None, typer.Option(help="Known incidents: id, series, onset, end, must_alert.")
    ] = None,
    scored: Scored = None,
    json: Json = False,
    config: Config = None,
    store: StoreUrl = None,
) -> None:
    """Run rules over history: their alerts a week, compared with known incidents."""
    report = _report(rules, start, end, events, scored, config, store)
    if json:
        show_json({**report.summary(), "rules": [_rule_as_json(one, report) for one in report.rules]})
        return
    rows = [_row(one, report) for one in report.rules]
    columns = ["rule", "alerts", "a week", "budget's threshold", "how"]
    if report.events:
        columns += ["found", "false", "a week", "beside"]
    show_table(columns, rows, "No rules.")
    summary = report.summary()
    period_text = f"{iso(report.start)} to {iso(report.end)}: {summary['articles']} articles"
    period_text += f", {summary['weeks']} weeks with data"
    typer.echo(
        period_text + (f"; {report.before} articles before were only learned from" if report.before else "")
    )
    if report.events:
        delay = summary["median_delay_s"]
        after = "" if delay is None else f", decided a median {delay / 60:.0f} min after the onset"
        typer.echo(
            f"{summary['incidents']} incidents: recall {_share(summary['recall'])}, "
            f"precision {_share(summary['precision'])}, "
            f"{summary['false_alarms_a_week']} false alarms a week{after}"
        )
        missed = sorted(
            event.id for event in report.events if event.must_alert and event.id not in report.found
        )
        if missed:
            typer.echo(f"missed: {', '.join(missed)}")
        if summary["forbidden"]:
            typer.echo(f"alerted though they must not: {', '.join(summary['forbidden'])}")


def rules_tune(
    rules: Rules = None,
    start: Annotated[
        str | None, typer.Option("--from", help="As for preview; thresholds come from what lies before, too.")
    ] = None,
    end: End = None,
    scored: Scored = None,
    json: Json = False,
    config: Config = None,
    store: StoreUrl = None,
) -> None:
    """Show the threshold of each budget of false alarms a week, from all history up to --to."""
    report = _report(rules, start, end, None, scored, config, store)
    if json:
        show_json(
            {
                one.rule: [
                    {
                        "budget": wanted,
                        "threshold": fit.threshold,
                        "low": fit.low,
                        "high": fit.high,
                        "how": fit.method,
                    }
                    for wanted, fit in one.options
                ]
                for one in report.rules
            }
        )
        return
    rows = [
        (one.rule if not at else "", f"{wanted:g}", f"{fit.threshold:.3f}", _interval(fit), fit.method)
        for one in report.rules
        for at, (wanted, fit) in enumerate(one.options)
    ]
    columns = ("rule", "false alarms a week", "threshold", "90 % interval", "how")
    show_table(columns, rows, "No rule has a budget.")


def _interval(fit: Fit) -> str:
    """Return the interval of a fit as text; a parametric tail has none."""
    return "" if fit.low is None or fit.high is None else f"{fit.low:.3f} to {fit.high:.3f}"


def _report(
    rules: Path | None, start: str | None, end: str | None, events: Path | None, scored: Path | None,
    config: Path | None, store: str | None,
) -> PreviewReport:  # fmt: skip
    settings = settings_of(config, store)
    chosen = rules_of(rules, settings)
    known = read_incidents(events) if events else []
    since, until = period(start, end)
    total = None
    records: Iterator[ScoredArticle]
    health: list[Health] = []
    if scored is not None:
        refused: list[str] = []
        first, last = _ends(scored, refused)
        say_refused(refused)
        taken = history.of_file(scored, [])
        records = (one for one in taken if until is None or one.article.available_at < until)
    else:
        opened = open_store(settings.store, read_only=True)
        with opened.read() as connection:
            at = articles.c.available_at
            first, last, total = connection.execute(select(func.min(at), func.max(at), func.count())).one()
        if not total:
            raise ConfigError(f"store {settings.store.url}: it holds no article yet, so there is no history")
        records = history.of_store(opened, None, until)
        health = history.health_of_store(opened, None, until)
    if since is not None and last < since:
        raise ConfigError(
            f"--from {start}: there is no article from {iso(since)[:10]} on (the last is of {iso(last)})"
        )
    if until is not None and first >= until:
        raise ConfigError(
            f"--to {end}: there is no article before {iso(until)[:10]} (the first is of {iso(first)})"
        )
    columns = (TextColumn("preview"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        return preview(
            records,
            chosen,
            start=first if since is None else since,
            end=last + 1 if until is None else until,
            pane_ms=settings.alerts.pane,
            lateness_ms=settings.alerts.allowed_lateness,
            events=known,
            progress=lambda done: bar.update(task, completed=done),
            health=health,
        )


def _ends(file: Path, refused: list[str]) -> tuple[int, int]:
    times = [one.article.available_at for one in history.of_file(file, refused)]
    if not times:
        raise ConfigError(f"{file}: it holds no article")
    return times[0], times[-1]


def _row(one: RuleReport, report: PreviewReport) -> list[Any]:
    threshold = "" if one.threshold is None else f"{one.threshold:.3f}"
    row = [one.rule, len(one.alerts), _rate(len(one.alerts), report.weeks), threshold, one.how]
    if report.events:
        row += [len(one.hits), len(one.false), _rate(len(one.false), report.weeks), one.beside]
    return row


def _rule_as_json(one: RuleReport, report: PreviewReport) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "alerts": [
            {"id": line.id, "series": line.series, "severity": line.severity, "onset": line.onset}
            for line in one.alerts
        ],
        "found": one.hits,
        "false_alarms": [line.id for line in one.false],
        "beside": one.beside,
        "threshold": one.threshold,
        "how": one.how,
    }  # fmt: skip


def _rate(number: int, weeks: float) -> str:
    return f"{number / weeks:.2f}" if weeks else "NA"


def _share(share: float | None) -> str:
    return "NA" if share is None else f"{share:.3f}"
