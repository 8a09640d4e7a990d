"""`newsquake doctor`: what lacks, and what to do about it, in one line each.

Every check looks without changing anything: no topic, table, file or mail is made.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from sqlalchemy import make_url

from core.bus.base import DEAD, EVENTS, RAW, SCORED
from core.errors import ConfigError, NewsquakeError, Retryable
from core.settings import BrokerSettings, Settings
from core.store import Store, open_store
from newsquake.commands.options import Broker, Config, StoreUrl, settings_of

State = Literal["ok", "warn", "FAIL"]
_COLOURS = {"ok": "green", "warn": "yellow", "FAIL": "red"}
_LITTLE_BYTES = 1_000_000_000
_SKEW_MS = 2_000


@dataclass(frozen=True)
class CheckResult:
    """The result of one check: its subject, state, a description, and what to do about a fault."""

    what: str
    state: State
    words: str
    remedy: str = ""

    def line(self) -> str:
        """The result as one line of text."""
        return f"{self.what:<9} {self.words}" + (f" -> {self.remedy}" if self.remedy else "")


def doctor(config: Config = None, store: StoreUrl = None, broker: Broker = None,
           quick: Annotated[bool, typer.Option("--quick", help="Leave out the model.")] = False) -> None:  # fmt: skip
    """Check settings, broker, store, model, rules, sources, delivery and disk, and say how to correct faults."""
    console = Console(emoji=False)
    try:
        settings = settings_of(config, store, broker)
    except ConfigError as error:
        for line in str(error).splitlines():
            _print(console, CheckResult("settings", "FAIL", line))
        raise typer.Exit(2) from error
    wrong = 0
    for result in examine(settings, quick=quick):
        _print(console, result)
        wrong += result.state == "FAIL"
    if wrong:
        raise typer.Exit(1)


def _print(console: Console, result: CheckResult) -> None:
    console.print(f"[{_COLOURS[result.state]}]{result.state:<4}[/] ", end="")
    console.print(result.line(), markup=False, highlight=False, soft_wrap=True)


def examine(settings: Settings, *, quick: bool = False) -> Iterator[CheckResult]:
    """Run the checks, yielding each result as it comes; an unexpected error becomes a FAIL result."""
    checks: list[tuple[str, Callable[[Settings], Iterator[CheckResult]]]] = [
        ("broker", _broker),
        ("store", _store),
        ("model", _model),
        ("rules", _rules),
        ("sources", _sources),
        ("delivery", _delivery),
        ("disk", _disk),
    ]
    for what, check in checks:
        if quick and what == "model":
            continue
        try:
            yield from check(settings)
        except (NewsquakeError, OSError, ValueError, ImportError) as error:
            yield CheckResult(what, "FAIL", " ".join(str(error).split()))


# -- broker


def _broker(settings: Settings) -> Iterator[CheckResult]:
    broker = settings.broker
    if not broker.address:
        from newsquake.broker import binary_path

        yield CheckResult("broker", "ok", f"embedded, memory only ({binary_path()})")
        return
    from core.bus.kafka import KafkaBus

    started = time.monotonic()
    quick = broker.model_copy(update={"connect_timeout_s": min(5.0, broker.connect_timeout_s)})
    try:
        bus = KafkaBus(quick)
    except Retryable as error:
        yield CheckResult(
            "broker", "FAIL", str(error), "is it running, and is the address right? (make kafka starts one)"
        )
        return
    try:
        yield from _topics(bus.existing(), broker, round(1000 * (time.monotonic() - started)))
    finally:
        bus.close()


def _topics(there: dict[str, int], broker: BrokerSettings, took_ms: int) -> Iterator[CheckResult]:
    ours = {topic: count for topic, count in there.items() if topic in (RAW, SCORED, DEAD, EVENTS)}
    if not ours:
        yield CheckResult(
            "broker", "ok", f"{broker.address} answered in {took_ms} ms; the first start creates the topics"
        )
    elif wrong := [
        topic for topic in (RAW, SCORED) if ours.get(topic, broker.partitions) != broker.partitions
    ]:
        yield CheckResult(
            "broker",
            "FAIL",
            f"{broker.address}: {wrong[0]} has {ours[wrong[0]]} partitions, broker.partitions is {broker.partitions}",
            f"set broker.partitions to {ours[wrong[0]]}; the number is fixed for the life of a topic",
        )
    else:
        yield CheckResult(
            "broker", "ok", f"{broker.address} answered in {took_ms} ms; {broker.partitions} partitions"
        )


# -- store


def _store(settings: Settings) -> Iterator[CheckResult]:
    url = make_url(settings.store.url)
    shown = url.render_as_string()
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        parent = _existing(Path(url.database or "").resolve().parent)
        if _writable(parent):
            yield CheckResult("store", "ok", f"{shown}: does not exist yet; the first start creates it")
        else:
            yield CheckResult(
                "store", "FAIL", f"{shown}: {parent} cannot be written to", "name another file, or allow it"
            )
        return
    remedy = "is the server running, and are user, password and database right?"
    if url.get_backend_name() == "sqlite":
        remedy = "allow this user to write to the file and its folder, or name another file"
    try:
        store = open_store(settings.store, migrate=False)
        try:
            yield _opened(store, shown)
        finally:
            store.close()
    except (Retryable, ConfigError) as error:
        yield CheckResult("store", "FAIL", str(error), remedy)


def _opened(store: Store, shown: str) -> CheckResult:
    from core.store.migrate import revisions

    with store.write() as connection:  # a read-only or locked one fails here
        skew = abs(store.now_ms(connection) - time.time_ns() // 1_000_000)
        current, head, known = revisions(connection)
    if current is not None and not known:
        return CheckResult(
            "store", "FAIL", f"{shown} was written by a newer Newsquake ({current})", "update Newsquake"
        )
    if skew > _SKEW_MS:
        return CheckResult(
            "store",
            "warn",
            f"{shown}: its clock is {skew / 1000:.0f} s off this machine's",
            "synchronise the clocks (NTP)",
        )
    state = "up to date" if current == head else "the next start migrates its tables"
    return CheckResult("store", "ok", f"{shown}: {state}")


# -- model, rules, sources


def _model(settings: Settings) -> Iterator[CheckResult]:
    from classifier.records import Text
    from classifier.scoring.engine import Engine

    started = time.monotonic()
    weights = settings.path(settings.classifier.weights) if settings.classifier.weights else None
    try:
        engine = Engine.load(weights, threads=settings.classifier.threads, device=settings.classifier.device)
    except (NewsquakeError, OSError, ValueError, ImportError) as error:
        remedy = "name a folder of weights, or leave classifier.weights out for the shipped ones"
        yield CheckResult("model", "FAIL", " ".join(str(error).split()), remedy)
        return
    loaded = time.monotonic() - started
    [score] = engine.score([Text("Profit fell by half and the company warned of more losses to come.")])
    name = f"{engine.model_version} on {settings.classifier.device}, loaded in {loaded:.1f} s"
    if score.p_negative < max(score.p_neutral, score.p_positive):
        yield CheckResult(
            "model",
            "FAIL",
            f"{name}: scores a plain loss as good news",
            "the weights are damaged: download them again",
        )
        return
    yield CheckResult("model", "ok", name)


def _rules(settings: Settings) -> Iterator[CheckResult]:
    from alerts.rules.loading import load_rules

    try:
        rules = load_rules(settings.path(settings.alerts.rules) if settings.alerts.rules else None)
    except ConfigError as error:
        for line in str(error).splitlines():
            yield CheckResult("rules", "FAIL", line)
        return
    yield CheckResult(
        "rules", "ok", f"{settings.alerts.rules or 'built-in rules'}, version {rules.version[:12]}"
    )


def _sources(settings: Settings) -> Iterator[CheckResult]:
    from ingest.sources.loading import load_sources

    try:
        sources = load_sources(settings)
    except ConfigError as error:
        for line in str(error).splitlines():
            yield CheckResult("sources", "FAIL", line)
        return
    if on := sum(spec.enabled for spec in sources):
        words = f"{on} of {len(sources)} on" if on < len(sources) else f"{on}"
        yield CheckResult("sources", "ok", f"{words} configured, not tried: newsquake sources check")
    elif sources:
        yield CheckResult(
            "sources", "warn", f"{len(sources)} configured, all off", "enable some (enabled: true)"
        )
    else:
        yield CheckResult("sources", "warn", "none", "name some under ingest.sources, or replay a dump")


# -- channels


def _delivery(settings: Settings) -> Iterator[CheckResult]:
    from alerts.delivery.channels.registry import KINDS, channel_settings

    try:
        channels = [(kind, kind.open(entry, settings)) for kind, entry in channel_settings(settings)]
    except ConfigError as error:
        yield CheckResult("delivery", "FAIL", str(error))
        return
    for kind, channel in channels:
        try:
            fault = channel.check()
        except NewsquakeError as error:
            fault = str(error)
        if fault:
            yield CheckResult(kind.name, "FAIL", f"{channel.name}: {fault}", kind.remedy)
        else:
            yield CheckResult(kind.name, "ok", f"{channel.name}: {kind.healthy}")
    if not channels:
        yield CheckResult(
            "delivery",
            "warn",
            f"no {', no '.join(kind.name for kind in KINDS)}: alerts are shown on the dashboard only",
            "see delivery in newsquake.yaml",
        )


# -- disk


def _disk(settings: Settings) -> Iterator[CheckResult]:
    folder = _existing(settings.path(settings.data_dir).resolve())
    if not _writable(folder):
        yield CheckResult(
            "disk", "FAIL", f"{folder} cannot be written to", "name another data_dir, or allow it"
        )
        return
    free = shutil.disk_usage(folder).free
    words = f"{free / 1e9:.1f} GB free at {folder}"
    if free < _LITTLE_BYTES // 10:
        yield CheckResult("disk", "FAIL", words, "free disk space: the store cannot grow")
    elif free < _LITTLE_BYTES:
        yield CheckResult("disk", "warn", words, "free disk space: a million articles take some gigabytes")
    else:
        yield CheckResult("disk", "ok", words)


def _existing(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _writable(folder: Path) -> bool:
    """Whether a file can be written there: access rights do not show a read-only or full file system."""
    import tempfile

    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x" * 4096)
            probe.flush()
    except OSError:
        return False
    return True
