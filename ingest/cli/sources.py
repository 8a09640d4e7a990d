"""`newsquake sources ...`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlalchemy import make_url

from core.errors import ConfigError, NewsquakeError
from core.settings import Settings
from core.store import Store, open_store
from core.times import iso
from ingest.cli.options import Config, StoreUrl, load


def sources_list(
    config: Config = None, public: Annotated[bool, typer.Option(help="The shipped set.")] = False
) -> None:
    """List the sources that the settings name."""
    from ingest.sources.loading import load_sources
    from ingest.sources.registry import kind_name

    table = Table("name", "kind", "on", "every", "language", "verified", "address", box=None)
    for spec in load_sources(_public(load(config), public)):
        every = spec.cron or f"{spec.every // 1000} s"
        table.add_row(
            spec.name, kind_name(spec), "yes" if spec.enabled else "no", every, spec.language, spec.verified,
            spec.location,
        )  # fmt: skip
    Console(width=max(120, Console().width), emoji=False, markup=False).print(table)


def sources_check(
    names: Annotated[list[str] | None, typer.Argument(help="Names of sources; default: all.")] = None,
    config: Config = None,
    store: StoreUrl = None,
    public: Annotated[bool, typer.Option(help="Check the shipped set of public sources.")] = False,
) -> None:
    """Try each source once, without taking anything in, and say what it gives. Status 1 when one cannot be used."""
    from ingest.live.check import check_all
    from ingest.sources.loading import load_sources
    from ingest.web.opening import open_fetcher

    settings = _public(load(config, store), public)
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
    """The store, to see what is known already; None where there is none: a check creates none."""
    url = make_url(settings.store.url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return None
    return open_store(settings.store)


def _public(settings: Settings, public: bool) -> Settings:
    if not public:
        return settings
    ingest = settings.ingest.model_copy(update={"sources": [], "source_files": ["public"]})
    return settings.model_copy(update={"ingest": ingest})
