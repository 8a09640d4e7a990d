"""The time between taking the lease and losing it: the desk in memory, its place in the log, its transactions."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy import Connection, delete

from alerts.delivery import enqueue as notify
from alerts.engine.desk import Desk
from alerts.engine.feedback import AlarmFeedback
from alerts.engine.watermark import NEVER
from alerts.rules.model import RuleSet
from alerts.storage import intake, persist, restore, retire
from alerts.storage.polled import PolledBatch, decode_batch
from alerts.thresholds.echoes import Alarm, echoes, in_store
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
from core.tables import positions, rule_sets

log = structlog.get_logger(__name__)
POLL_RECORDS = 2_000
POISON_IN_A_ROW = 100
"""So many undecodable records in a row on one partition pause it and call a person."""


class DeskSession:
    """Raises Fenced, BusUnavailable, StoreUnavailable from everywhere: then it is over, and the store is the truth."""

    def __init__(
        self,
        settings: Settings,
        bus: Bus,
        store: Store,
        stage: Stage,
        clock: Clock,
        lease: Lease,
        rules: RuleSet,
        fresh: Callable[[int], Desk],
        notify_people: bool,
    ) -> None:
        self._settings, self._bus, self._store, self._stage, self._clock = settings, bus, store, stage, clock
        self._lease, self._rules, self._notify = lease, rules, notify_people
        self._name = settings.alerts.desk
        self._topic_id = bus.topic_id(SCORED)
        partitions = bus.partitions(SCORED)
        self.desk = fresh(partitions)
        with gc_paused(), store.read() as connection:
            known = restore.positions(connection, self._name)
            restore.load(connection, self._name, self.desk)
        self._consumer: Consumer = bus.consumer(
            SCORED, group=f"desk-{self._name}", partitions=range(partitions)
        )
        self._positions = self._place(known, partitions)
        self._consumer.seek(self._positions)
        self._producer = bus.producer()
        self._poison: dict[int, int] = {}
        self._echoes: dict[tuple[str, Alarm], list[Alarm]] = {}
        self._renewed_s = self._marked_s = clock.monotonic_s()
        self._adopt_rules()
        self._pages = HugePages()
        self._pages.tend()
        stage.report("running", force=True)
        log.info("desk loaded", desk=self._name, closed=self.desk.closed, rules=rules.version)

    def _place(self, known: dict[int, restore.Position], partitions: int) -> dict[int, int]:
        """Where to read on: the stored positions, unless the log is another one."""
        if any(position.topic_id != self._topic_id for position in known.values()):
            log.warning(
                "news.scored is another log than this desk read: its positions are void, reading from the start",
                desk=self._name,
                topic_id=self._topic_id,
            )
            self.desk.watermark.void()
            return dict.fromkeys(range(partitions), 0)
        starts = {number: known[number].next_offset if number in known else 0 for number in range(partitions)}
        for number, end in self._consumer.ends().items():
            if starts[number] > end:
                log.warning("the log is shorter than what was read of it", partition=number, end=end)
                starts[number] = end
        return starts

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
            stale = (positions.c.desk == self._name) & (positions.c.topic_id != self._topic_id)
            connection.execute(delete(positions).where(stale))
            persist.save_progress(connection, self._name, self.desk, self._positions, self._topic_id)
            insert_absent(connection, rule_sets, [row])
            ended = retire.retire_alerts(connection, self._name, self.desk)
            notify.enqueue_changes(
                connection,
                self._settings,
                self._rules,
                ended,
                now_ms=now_ms,
                notify=self._notify,
                note=retire.WHY,
            )
        for change in ended:
            metrics.ALERT_CHANGES.labels(self._name, change.line.state).inc()

    def loop(self) -> None:
        """Poll and decide until told to stop; then let a stand-by take over at once."""
        self._close_due(self._positions)  # a predecessor may have died between two slices of one batch
        while not self._stage.stopping:
            received = self._consumer.poll(0.2, POLL_RECORDS)
            started = self._clock.monotonic_s()
            if received:
                self._take(decode_batch(received, self._topic_id, self._clock.now_ms(), self._poison))
            elif started - self._renewed_s > self._settings.alerts.lease_timeout / 3000:
                self._renew()
            self._pages.tend()
            self._tell(started, bool(received))
        with self._store.write() as connection:
            self._lease.release(self._store, connection)

    def close(self) -> None:
        """Let go of the broker."""
        self._producer.close()
        self._consumer.close()

    def _take(self, batch: PolledBatch) -> None:
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
        """One transaction: all of it, or the session ends. Returns whether more panes wait to be closed."""
        desk = self.desk
        counts = {"articles": 0, "repeats": 0, "late": 0}
        with self._store.write() as connection:
            self._lease.renew(self._store, connection)
            taken = intake.store_batch(connection, self._name, batch.articles, durable=self._bus.durable)
            fresh = {(one.scored.article.id, one.scored.article.revision): one for one in taken}
            with gc_paused():
                self._hand_over(batch, fresh, counts)
                if desk.fit_is_due:
                    self._read_deeds(connection)
                more = desk.advance()
                effects = desk.effects()
            changed = persist.save(connection, self._name, desk, effects)
            persist.save_health(connection, batch.health)
            persist.save_progress(connection, self._name, desk, ahead, self._topic_id)
            now_ms = self._clock.now_ms()
            persist.note_fits(connection, self._name, effects.fits, now_ms)
            if changed:
                notify.enqueue_changes(
                    connection, self._settings, self._rules, changed, now_ms=now_ms, notify=self._notify
                )
            crash.point("before_store_commit")
        crash.point("after_store_commit")
        self._renewed_s = self._clock.monotonic_s()
        if batch.markers:
            self._marked_s = self._renewed_s
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

    def _hand_over(
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
                if one.twin:
                    desk.deduplicator.flag(record.article.id, one.counted_at)
                counts["late" if desk.add(one.scored) == "late" else "articles"] += 1

    def _read_deeds(self, connection: Connection) -> None:
        """Before a fit: which alerts people called true, and what topics told of those."""
        desk = self.desk
        true_alarms = persist.true_alarms(connection, self._name)
        windows = {runner.rule.id: runner.window_ms for runner in desk.runners}
        within, known = in_store(connection, self._name), self._echoes
        # What was told of an alarm that is over stays so. On a busy desk to ask takes a second or two for each of the
        # whole market's, and other writers wait.
        self._echoes = {
            (rule, alarm): known[rule, alarm]
            if (rule, alarm) in known
            else echoes({rule: [alarm]}, windows, within)
            for rule, alarms in true_alarms.items()
            for alarm in alarms
        }
        heard = [echo for told in self._echoes.values() for echo in told]
        desk.set_feedback(AlarmFeedback(true_alarms, heard))

    def _renew(self) -> None:
        with self._store.write() as connection:
            self._lease.renew(self._store, connection)
        self._renewed_s = self._clock.monotonic_s()

    def _pause_poisoned(self, batch: PolledBatch) -> None:
        """Too many poison messages in a row: a person must look. The rest goes on."""
        self._poison = batch.poison
        bad = {number for number, count in batch.poison.items() if count >= POISON_IN_A_ROW}
        if bad:
            log.error(
                "undecodable records without end: partitions paused; see `newsquake dlq`, mend the writer, restart",
                partitions=sorted(bad),
            )
            self._consumer.pause(bad)
        metrics.PAUSED.labels("alerts").set(len(bad))

    def _tell(self, started: float, worked: bool) -> None:
        stage, desk = self._stage, self.desk
        now = self._clock.monotonic_s()
        if worked:
            stage.gauge("busy_s", stage.gauges.get("busy_s", 0.0) + now - started)
        stage.gauge("open_panes", desk.open_panes)
        stage.gauge("watermark", max(0, desk.closed))
        metrics.OPEN_PANES.labels(self._name).set(desk.open_panes)
        metrics.WATERMARK.labels(self._name).set(max(0, desk.closed) / 1000)
        stalled = (
            now - self._marked_s > self._settings.alerts.stalled_after / 1000
            and not desk.watermark.ended
            and desk.watermark.at > NEVER
        )
        if stalled and stage.status != "pipeline_stalled":
            log.error(
                "pipeline_stalled: no time marker has come; panes stay open until ingest and classifier run again",
                seconds=round(now - self._marked_s),
            )
        stage.report("pipeline_stalled" if stalled else "running")
