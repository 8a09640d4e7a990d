"""Dead letters tried again, as `newsquake dlq replay` does.

Each article is built again from the original bytes (rebuild.py). It keeps its origin, so whoever settles it settles it
once. Where no broker is named (the embedded one has no address), it waits in the store's table `pending` like what is
pushed: the ingest process that runs, or the next one, sends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, select, update

from core.bus import Bus
from core.bus.base import RAW, Producer
from core.clock import Clock, SystemClock
from core.deadletter import DeadLetterStatus
from core.errors import BusUnavailable, ConfigError, InvalidRecord
from core.ids import partition_of
from core.origins import IngestOutcome
from core.records import Article
from core.settings import Settings
from core.store import Store, insert_absent
from core.tables import dead, origins, pending
from ingest.deadletters import stored
from ingest.deadletters.rebuild import rebuild
from ingest.items.pending import pending_row
from ingest.sources.loading import load_sources

_BATCH = 20
"""Dead letters in memory at a time: each may be megabytes."""
_SHOWN = 10


@dataclass
class ReprocessResult:
    """What came of trying dead letters again."""

    sent: int = 0
    still_dead: int = 0
    skipped: int = 0
    why: dict[str, str] = field(default_factory=dict)
    """Per origin that is still dead the reason now, of the first few."""


def replay(
    settings: Settings, store: Store, bus: Bus | None, *, origins: Sequence[str] = (), reason: str | None = None,
    source: str | None = None, columns: Mapping[str, str] | None = None, clock: Clock | None = None,
) -> ReprocessResult:  # fmt: skip
    """Try dead letters again. Each that passes is sent and its status set; a second replay finds nothing to do.

    Without a bus they wait in `pending`. `columns` are a dump's, in place of those it was replayed with.
    Raises ConfigError, BusUnavailable, StoreUnavailable.
    """
    outcome = ReprocessResult()
    specs = {spec.name: spec for spec in load_sources(settings)}
    now = (clock or SystemClock()).now_ms()
    with store.read() as connection:
        chosen = connection.execute(
            stored.chosen_by(
                select(dead.c.origin, dead.c.status), reason=reason, source=source, origin=origins
            )
        ).all()
    if missing := set(origins) - {row.origin for row in chosen}:
        raise ConfigError(f"no dead letter with origin {sorted(missing)[0]!r} (newsquake dlq list)")
    outcome.skipped = sum(row.status != DeadLetterStatus.DEAD for row in chosen)
    names = [row.origin for row in chosen if row.status == DeadLetterStatus.DEAD]
    producer = None
    if bus is not None:
        bus.ensure_topics(settings.broker.partitions)
        producer = bus.producer()
    try:
        for start in range(0, len(names), _BATCH):
            articles = {}
            for letter in stored.load(store, names[start : start + _BATCH]):
                try:
                    articles[letter.origin] = rebuild(letter.record(), settings, specs, now, columns)
                except InvalidRecord as error:
                    outcome.still_dead += 1
                    if len(outcome.why) < _SHOWN:
                        outcome.why[letter.origin] = str(error)
            _send(store, producer, articles, settings.broker.partitions)
            failed = [origin for origin in names[start : start + _BATCH] if origin not in articles]
            with store.write() as connection:
                connection.execute(
                    update(dead)
                    .where(dead.c.origin.in_(list(articles)))
                    .values(status=DeadLetterStatus.REPLAYED.value)
                )
                connection.execute(
                    update(dead).where(dead.c.origin.in_(failed)).values(attempts=dead.c.attempts + 1)
                )
            outcome.sent += len(articles)
    finally:
        if producer is not None:
            producer.close()
    return outcome


def _send(store: Store, producer: Producer | None, articles: Mapping[str, Article], partitions: int) -> None:
    """Open the origins, then send: whoever settles an article must not find it settled as dead.

    Where the broker is away they are dead again, as before.
    """
    with store.write() as connection:
        chosen = origins.c.origin.in_(list(articles)), origins.c.kind == IngestOutcome.DEAD.value
        closed = connection.execute(select(origins).where(*chosen)).mappings().all()
        connection.execute(delete(origins).where(*chosen))
        if producer is None:
            insert_absent(connection, pending, [pending_row(article) for article in articles.values()])
            return
    try:
        for article in articles.values():
            producer.send(RAW, article, key=article.id, partition=partition_of(article.id, partitions))
        producer.flush()
    except BusUnavailable:
        with store.write() as connection:
            insert_absent(connection, origins, [dict(row) for row in closed])
        raise
