"""The whole path on one page (docs/path.md follows one article along it).

    Article --news.raw--> Classify --news.scored--> Story -> Window -> Detect -> Decide --store--> Deliver, Dashboard

Each stage below is one process: it opens what it needs, reports that it runs, and works until it is asked to stop.
`newsquake up` runs them side by side; compose and Kubernetes run each alone. Nothing else knows the path.

The four steps in the middle are one state machine without clock or I/O, the desk, so that live and replay agree:

    Story    which articles tell one story                     alerts/engine/pane_closer.py, alerts/stories/
    Window   panes by series, added up over windows            alerts/engine/pane_closer.py, alerts/windows/
    Detect   how unusual a window is, by a rule's detector     alerts/engine/evaluator.py, alerts/detectors/
    Decide   threshold, and the life of an alert               alerts/engine/evaluator.py, alerts/lifecycle/

`make_desk` (alerts/engine/assembly.py) puts them together. Two drivers feed such a desk:

    live     `alerts` below: the broker's records, one transaction per batch     alerts/storage/session.py
    replay   `newsquake backtest`: recorded scored articles, no broker           backtest/run.py

Both do the same: add(article), on_marker(time), on_health(source), then advance() while there is more, then effects().
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from core import metrics
from core.bus import Bus, open_bus
from core.errors import ConfigError
from core.retry import retry
from core.settings import Settings
from core.stage import Stage
from core.store import Store, open_store
from core.telemetry import configure_logs

if TYPE_CHECKING:
    from ingest.replay.options import ReplayOptions

log = structlog.get_logger(__name__)


@contextlib.contextmanager
def running(
    name: str, settings: Settings, *, needs_bus: bool = True
) -> Iterator[tuple[Store, Bus | None, Stage]]:
    """(store, bus or None, stage), opened for a stage: waits a minute for each, and closes them at the end.

    Raises what opening them raises, once the minute is over.
    """
    configure_logs(settings.telemetry, name)
    metrics.serve(settings.telemetry.metrics_port, settings.telemetry.metrics_host)
    store = retry(lambda: open_store(settings.store), doing="opening the store", give_up_after_s=60)
    stage = Stage(name, store)
    stage.handle_signals()
    bus: Bus | None = None
    if needs_bus:
        stage.report("connecting", force=True)
        bus = retry(
            lambda: open_bus(settings.broker),
            doing="connecting to the broker",
            give_up_after_s=60,
            stop=lambda: stage.stopping,
        )
        bus.ensure_topics(settings.broker.partitions)
    ended = "failed"
    try:
        yield store, bus, stage
        ended = "done" if stage.status == "done" else "stopped"
    finally:
        stage.report(ended, force=True)
        if bus is not None:
            bus.close()
        store.close()


def ingest(settings: Settings, replay: ReplayOptions | None = None) -> None:
    """Sources or a dump -> `news.raw`. Raises ConfigError for a fault in the sources before anything is opened."""
    from ingest.sources.loading import load_sources
    from ingest.worker import run

    load_sources(settings)

    with running("ingest", settings) as (store, bus, stage):
        assert bus is not None
        run(settings, bus, store, stage, replay)


def classifier(settings: Settings, partitions: list[int] | None = None) -> None:
    """`news.raw` -> `news.scored`."""
    from classifier.entities.linker import default_linker
    from classifier.network.registry import current, find
    from classifier.scoring.engine import Engine
    from classifier.scoring.score_cache import ScoreCache
    from classifier.serving.classify import Classify
    from classifier.serving.shadow import Shadow
    from classifier.serving.worker import Worker

    with running("classifier", settings) as (store, bus, stage):
        assert bus is not None
        stage.report("loading", force=True)
        options = settings.classifier
        weights = settings.path(options.weights) if options.weights else current()
        linker = default_linker(tuple(settings.path(entry) for entry in options.entities))
        engine = Engine.load(weights, threads=options.threads, device=options.device, linker=linker)
        cache = ScoreCache(
            settings.path(options.score_cache) if options.score_cache else None, engine.score_version
        )
        log.info("model ready", model_version=engine.model_version, companies=linker.origin)
        classify = Classify(engine, cache, options.register_)
        shadow = None
        if options.challenger:
            beside = settings.path(options.challenger)
            folder = beside if beside.is_dir() else find(options.challenger)
            try:
                other = Engine.load(folder, threads=options.threads, device=options.device, linker=linker)
            except (OSError, ValueError, KeyError) as error:
                raise ConfigError(f"classifier.challenger {options.challenger}: {error}") from error
            shadow = Shadow(other, store, share=options.challenger_share, register=options.register_)
            log.info(
                "challenger in shadow", model_version=other.model_version, share=options.challenger_share
            )
        Worker(
            bus, store, stage, classify,
            partitions=partitions, batch_records=options.batch_records, shadow=shadow,
        ).run()  # fmt: skip
        cache.close()


def alerts(settings: Settings, *, notify: bool = True) -> None:
    """`news.scored` -> stories, windows, findings, alerts, outbox: one leased process per desk."""
    from alerts.storage.worker import run

    with running("alerts", settings) as (store, bus, stage):
        assert bus is not None
        run(settings, bus, store, stage, notify=notify)


def delivery(settings: Settings) -> None:
    """The outbox -> mail and webhooks."""
    from alerts.delivery.worker import run

    lists = tuple(settings.path(entry) for entry in settings.classifier.entities)
    with running("delivery", settings, needs_bus=False) as (store, _, stage):
        run(settings, store, stage, company_names(lists))


def company_names(lists: tuple[Path, ...] = ()) -> Callable[[str], tuple[str, str]]:
    """Returns a function from a company's id (`US:JPM`) to its names, English and Chinese; ("", "") if unknown.

    The linker's lists are read at its first call. Lists that cannot be read are logged: messages then have ids.
    """

    @cache
    def known() -> dict[str, tuple[str, str]]:
        from classifier.entities.lists import chosen, companies

        try:
            read = companies(chosen(lists))
        except ConfigError as error:
            log.warning("mails say ids of companies, not names", error=str(error))
            return {}
        return {
            one.id: (one.name, next((name for name in one.aliases if not name.isascii()), "")) for one in read
        }

    return lambda company: known().get(company, ("", ""))
