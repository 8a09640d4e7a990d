"""A desk's session: from taking the lease to losing it. The desk in memory, its place in the log, its transactions."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from alerts.delivery import enqueue as notify
from alerts.engine.desk import Desk
from alerts.rules.model import RuleSet
from alerts.storage import intake, persist, restore
from alerts.storage.desk_report import DeskReport
from alerts.storage.polled import PolledBatch, decode_batch
from alerts.storage.positions import (
    delete_positions_of_other_logs,
    load_positions,
    of_another_log,
    starting_offsets,
)
from alerts.storage.retire import NOTE, retire_alerts
from alerts.storage.rule_state import log_fits
from alerts.storage.true_alarms import FeedbackReader
from core import metrics
from core.bus.base import SCORED, Bus, Consumer
from core.clock import Clock
from core.deadletter import publish_dead_letters
from core.records import Health, Marker
from core.runtime import crash
from core.runtime.garbage import gc_paused
from core.runtime.hugepages import HugePages
from core.settings import Settings
from core.stage import Stage
from core.store import Lease, Store, insert_absent
from core.tables import rule_sets

log = structlog.get_logger(__name__)
POLL_RECORDS = 2_000
POISON_IN_A_ROW = 100
"""Undecodable records in a row on one partition after which it is paused: a person must look."""


class DeskSession:
    """A desk that reads `news.scored` and decides, under one lease.

    Every method, the constructor too, raises Fenced, BusUnavailable or StoreUnavailable: then the session is over, its
    desk is thrown away, and a new session loads what the store holds.
    """

    def __init__(
        self,
        settings: Settings,
        bus: Bus,
        store: Store,
        stage: Stage,
        clock: Clock,
        lease: Lease,
        rules: RuleSet,
        make_desk: Callable[[int], Desk],
        notify_people: bool,
    ) -> None:
        """Load the desk and adopt `rules`. `make_desk`: number of partitions -> a desk without state.

        With `notify_people` false (a replay) notifications are withheld.
        """
        self._settings, self._bus, self._store, self._stage, self._clock = settings, bus, store, stage, clock
        self._lease, self._rules, self._notify = lease, rules, notify_people
        self._name = settings.alerts.desk
        self._topic_id = bus.topic_id(SCORED)
        partitions = bus.partitions(SCORED)
        self.desk = make_desk(partitions)
        with gc_paused(), store.read() as connection:
            stored = load_positions(connection, self._name)
            restore.load(connection, self._name, self.desk)
        self._consumer: Consumer = bus.consumer(
            SCORED, group=f"desk-{self._name}", partitions=range(partitions)
        )
        if of_another_log(stored, self._topic_id):
            log.warning(
                "news.scored is another log than this desk read: its positions are void, reading from the start",
                desk=self._name,
                topic_id=self._topic_id,
            )
            self.desk.watermark.forget_writers()
            stored = {}
        self._positions = starting_offsets(stored, partitions, self._consumer.ends())
        self._consumer.seek(self._positions)
        self._producer = bus.producer()
        self._poison: dict[int, int] = {}
        self._feedback = FeedbackReader()
        self._report = DeskReport(self._name, stage, settings.alerts.stalled_after, clock)
        self._renewed_s = clock.monotonic_s()
        self._adopt_rules()
        self._pages = HugePages()
        self._pages.advise()
        stage.report("running", force=True)
        log.info("desk loaded", desk=self._name, closed=self.desk.closed, rules=rules.version)

    def _adopt_rules(self) -> None:
        now_ms = self._clock.now_ms()
        row = {
            "desk": self._name,
            "version": self._rules.version,
            "in_force_from": max(0, self.desk.closed),
            "imported_at": now_ms,
            "source": self._rules.source,
        }
        with self._store.write() as connection:
            self._lease.renew(self._store, connection)
            delete_positions_of_other_logs(connection, self._name, self._topic_id)
            persist.save_progress(connection, self._name, self.desk, self._positions, self._topic_id)
            insert_absent(connection, rule_sets, [row])
            ended = retire_alerts(connection, self._name, self.desk)
            notify.enqueue_changes(
                connection,
                self._settings,
                self._rules,
                ended,
                now_ms=now_ms,
                notify=self._notify,
                note=NOTE,
            )
        for change in ended:
            metrics.ALERT_CHANGES.labels(self._name, change.line.state).inc()

    def loop(self) -> None:
        """Poll and decide until the stage is stopping; then release the lease for a stand-by."""
        self._close_due(self._positions)  # a predecessor may have died between two slices of one batch
        while not self._stage.stopping:
            received = self._consumer.poll(0.2, POLL_RECORDS)
            started = self._clock.monotonic_s()
            if received:
                self._process(decode_batch(received, self._topic_id, self._clock.now_ms(), self._poison))
            elif started - self._renewed_s > self._settings.alerts.lease_timeout / 3000:
                self._renew()
            self._pages.advise()
            self._report.send(self.desk, self._clock.monotonic_s() - started if received else 0.0)
        with self._store.write() as connection:
            self._lease.release(self._store, connection)

    def close(self) -> None:
        """Close the producer and the consumer."""
        self._producer.close()
        self._consumer.close()

    def _process(self, batch: PolledBatch) -> None:
        publish_dead_letters(batch.dead, self._producer, self._store, "alerts")
        self._stage.count("dead", len(batch.dead))
        ahead = {**self._positions, **batch.next_offsets}
        more = self._transaction(batch, ahead)
        self._positions = ahead
        if more:
            self._close_due(ahead)
        self._consumer.commit(ahead)
        self._pause_poisoned(batch)

    def _close_due(self, positions: dict[int, int]) -> None:
        """Close what the watermark has passed, a slice per transaction."""
        while self._transaction(PolledBatch(), positions):
            self._consumer.keepalive()
            self._stage.report()

    def _transaction(self, batch: PolledBatch, ahead: dict[int, int]) -> bool:
        """Store the batch and what the desk decides; return whether more panes wait to be closed."""
        desk = self.desk
        counts = {"articles": 0, "repeats": 0, "late": 0}
        with self._store.write() as connection:
            self._lease.renew(self._store, connection)
            new = intake.store_batch(connection, self._name, batch.articles, durable=self._bus.durable)
            fresh = {(one.scored.article.id, one.scored.article.revision): one for one in new}
            with gc_paused():
                self._feed_desk(batch, fresh, counts)
                if desk.fit_is_due:
                    desk.set_feedback(self._feedback.read(connection, self._name, desk.runners))
                more = desk.advance()
                effects = desk.effects()
            changed = persist.save(connection, self._name, desk, effects)
            persist.save_health(connection, batch.health)
            persist.save_progress(connection, self._name, desk, ahead, self._topic_id)
            now_ms = self._clock.now_ms()
            log_fits(connection, self._name, effects.fits, now_ms)
            if changed:
                notify.enqueue_changes(
                    connection, self._settings, self._rules, changed, now_ms=now_ms, notify=self._notify
                )
            crash.point("before_store_commit")
        crash.point("after_store_commit")
        self._renewed_s = self._clock.monotonic_s()
        if batch.markers:
            self._report.marker_came()
        for name, number in counts.items():
            self._stage.count(name, number)
        self._stage.count("panes_closed", effects.slices)
        self._stage.count("alerts", sum(change.line.state == "firing" for change in changed))
        metrics.PANES_CLOSED.labels(self._name).inc(effects.slices)
        metrics.LATE.labels(self._name).inc(counts["late"])
        metrics.DUPLICATES.labels("alerts").inc(counts["repeats"])
        for change in changed:
            metrics.ALERT_CHANGES.labels(self._name, change.line.state).inc()
        return more

    def _feed_desk(
        self, batch: PolledBatch, fresh: dict[tuple[str, str], intake.NewRevision], counts: dict[str, int]
    ) -> None:
        desk = self.desk
        for partition, record in batch.records:
            if isinstance(record, Marker):
                desk.on_marker(partition, record)
            elif isinstance(record, Health):
                desk.on_health(record)
            elif (one := fresh.pop((record.article.id, record.article.revision), None)) is None:
                counts["repeats"] += 1
            else:
                if one.other_revisions:
                    desk.deduplicator.flag(record.article.id, one.counted_at)
                counts["late" if desk.add(one.scored) == "late" else "articles"] += 1

    def _renew(self) -> None:
        with self._store.write() as connection:
            self._lease.renew(self._store, connection)
        self._renewed_s = self._clock.monotonic_s()

    def _pause_poisoned(self, batch: PolledBatch) -> None:
        """Pause partitions with too many undecodable records in a row; the others go on."""
        self._poison = batch.poison
        bad = {number for number, count in batch.poison.items() if count >= POISON_IN_A_ROW}
        if bad:
            log.error(
                "undecodable records without end: partitions paused; see `newsquake dlq`, correct the writer, restart",
                partitions=sorted(bad),
            )
            self._consumer.pause(bad)
        metrics.PAUSED.labels("alerts").set(len(bad))
