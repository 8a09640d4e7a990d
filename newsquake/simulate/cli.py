"""`newsquake simulate`: write a scenario to a folder."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from core.errors import ConfigError
from core.times import MINUTE, iso, parse_iso
from newsquake.simulate.generate import generate
from newsquake.simulate.incidents import plan, write_events
from newsquake.simulate.row import SimulatedRow
from newsquake.simulate.spec import SimulationSpec

_CHUNK = 2_000
_DEFAULT = SimulationSpec()


def simulate(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")] = Path("out/simulation"),
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = _DEFAULT.seed,
    weeks: Annotated[float, typer.Option(help="How much time passes.")] = _DEFAULT.weeks,
    articles: Annotated[int, typer.Option(help="About how many articles.")] = _DEFAULT.articles,
    start: Annotated[str, typer.Option(help="First day, ISO 8601 (UTC).")] = iso(_DEFAULT.start_ms)[:10],
    scored: Annotated[
        bool,
        typer.Option("--scored", help="Write scored.jsonl (with true labels) instead of articles.jsonl."),
    ] = False,
    incidents: Annotated[bool, typer.Option(help="With scripted incidents (events.csv lists them).")] = True,
) -> None:
    """Write a made-up newswire in English and Chinese, and the list of its incidents.

    Leaves articles.jsonl (or scored.jsonl) and events.csv: id, kind, series, onset, end, must_alert.
    """
    try:
        spec = SimulationSpec(
            seed=seed, weeks=weeks, articles=articles, start_ms=parse_iso(start), incidents=incidents
        )
    except ValueError as error:
        raise ConfigError(f"simulate: {error}") from error
    console = Console(stderr=True, emoji=False, markup=False)
    started = time.monotonic()
    file = out / ("scored.jsonl" if scored else "articles.jsonl")
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_events(out / "events.csv", plan(spec))
        count = _write(file, spec, scored_line(spec) if scored else article_line(), console)
    except OSError as error:
        raise ConfigError(f"{error.filename or file}: {error.strerror}") from error
    seconds = time.monotonic() - started
    console.print(
        f"{count:,} articles and {len(plan(spec))} incidents in {seconds:.1f} s ({count / seconds:,.0f}/s): "
        f"{file} {out / 'events.csv'}",
        soft_wrap=True,
        highlight=False,
    )


def _write(file: Path, spec: SimulationSpec, line: Callable[[SimulatedRow], bytes], console: Console) -> int:
    columns = (
        TextColumn("simulating"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}"),
        TimeRemainingColumn(),
    )
    count = 0
    with Progress(*columns, console=console, transient=True) as progress, file.open("wb") as sink:
        task = progress.add_task("", total=spec.articles)
        for chunk in _chunks(generate(spec)):
            sink.write(b"".join([line(row) for row in chunk]))
            count += len(chunk)
            progress.update(task, completed=count)
    return count


def _chunks(rows: Iterator[SimulatedRow]) -> Iterator[list[SimulatedRow]]:
    while chunk := list(islice(rows, _CHUNK)):
        yield chunk


def article_line() -> Callable[[SimulatedRow], bytes]:
    """Row -> its line of articles.jsonl: nothing of what is true of it."""
    encode = msgspec.json.Encoder().encode
    minutes: dict[int, str] = {}

    def moment(ms: int) -> str:
        minute, rest = divmod(ms, MINUTE)
        prefix = minutes.get(minute)
        if prefix is None:
            if len(minutes) > 10_000:
                minutes.clear()
            prefix = minutes[minute] = iso(minute * MINUTE)[:17]
        return f"{prefix}{rest // 1000:02d}.{rest % 1000:03d}Z"

    def line(row: SimulatedRow) -> bytes:
        return (
            encode(
                {
                    "id": row.id,
                    "published_at": moment(row.published_at),
                    "available_at": moment(row.available_at),
                    "source": row.source,
                    "publisher": row.publisher,
                    "url": row.url,
                    "title": row.title,
                    "body": row.body,
                    "language": row.language,
                }
            )
            + b"\n"
        )

    return line


def scored_line(spec: SimulationSpec) -> Callable[[SimulatedRow], bytes]:
    """Row -> its line of scored.jsonl."""
    encode = msgspec.json.Encoder().encode
    draw = random.Random(f"labels:{spec.seed}").random
    noise = spec.label_noise
    return lambda row: encode(row.scored(draw, noise)) + b"\n"
