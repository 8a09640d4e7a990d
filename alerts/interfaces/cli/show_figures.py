"""`newsquake alerts figures`: the figures of one window of a series."""

from __future__ import annotations

from typing import Annotated

import typer

from alerts.evidence.number_text import window_figure
from alerts.interfaces import figures
from alerts.interfaces.cli.options import (
    Config,
    DeskName,
    Json,
    StoreUrl,
    open_desk,
)
from alerts.interfaces.cli.output import show_json, show_table
from alerts.interfaces.moments import parse_moment
from core.errors import ConfigError
from core.times import iso, parse_span

_LABELS = {
    "articles": "articles",
    "stories": "stories",
    "publishers": "publishers",
    "negative_share": "negative share",
    "mean_sentiment": "mean sentiment",
    "net_sentiment": "net sentiment",
    "dispersion": "dispersion",
    "novelty_weighted": "mean, by novelty",
    "trust_weighted": "mean, by trust",
    "momentum": "momentum",
}


def show_figures(
    series: Annotated[str, typer.Argument(help="A series: all, topic:energy, entity:US:JPM, …@en")],
    window: Annotated[str, typer.Option(help="How long: 15m, 1h, 6h, 1d, 7d …")] = "1h",
    end: Annotated[
        str | None, typer.Option("--at", help="Where it ends; default: the newest decided time.")
    ] = None,
    json: Json = False,
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """Show a window's figures, each with its 95 % interval; NA where there is too little evidence."""
    try:
        length = parse_span(window)
    except ValueError as error:
        raise ConfigError(f"--window: {error}") from None
    with open_desk(config, store, desk, read_only=True) as here, here.store.read() as connection:
        at = parse_moment(end, here.now_ms(connection), "--at") if end else None
        found = figures.figures_of(connection, here.name, series, length, here.settings.alerts.pane, at)
    if json:
        show_json(found.as_json())
        return
    typer.echo(f"{found.series}  from {iso(found.start)} to {iso(found.end)}")
    if not found.observed:
        typer.echo("None of its sources was being read: NA")
    rows = [
        (
            _LABELS[name],
            window_figure(name, one.value),
            f"{window_figure(name, one.low)} to {window_figure(name, one.high)}",
            f"{one.n:.4g}",
        )
        if one.value is not None
        else (_LABELS[name], "NA", "", "")
        for name, one in found.figures.items()
    ]
    show_table(("figure", "value", "95 % interval", "of stories"), rows, "")
