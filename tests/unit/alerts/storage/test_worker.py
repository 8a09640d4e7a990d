"""The worker over the in-memory bus and SQLite: one commit point, repeats dropped, numbers that add up."""

from __future__ import annotations

import json
import threading

import pytest
from sqlalchemy import func, select

from alerts.delivery import content
from alerts.delivery.channels.contract import Message
from alerts.delivery.channels.mail.render import render
from alerts.engine.assembly import runners_of
from alerts.evidence.verify.stored_alert import alert_checks, alert_row, changes
from alerts.evidence.verify.stored_change import bare_checks
from alerts.handling import audit
from alerts.interfaces.export import alert_lines
from alerts.interfaces.listing import show_alert
from alerts.rules.loading import parse_rules
from alerts.storage import session as session_module
from alerts.storage.worker import run
from alerts.testing import START, rule_set, scored, share_runners
from alerts.windows.panes import decode as decode_pane
from core import tables
from core.bus.base import SCORED
from core.bus.memory import MemoryBus
from core.ids import partition_of
from core.records import Health, Marker
from core.settings import Settings, StoreSettings
from core.stage import Stage
from core.store import insert_absent, open_store, take_lease
from core.times import DAY, HOUR, MINUTE, iso
from tests.support.scene import SETTINGS
from tests.support.waiting import wait_until

PARTITIONS = 2


@pytest.fixture
def store(tmp_path):
    opened = open_store(StoreSettings(url=f"sqlite:///{tmp_path}/store.db"))
    yield opened
    opened.close()


@pytest.fixture
def bus():
    made = MemoryBus()
    made.ensure_topics(PARTITIONS)
    return made


def send(bus, *records):
    producer = bus.producer()
    for record in records:
        if isinstance(record, (Marker, Health)):
            for partition in range(PARTITIONS):
                producer.send(SCORED, record, key="", partition=partition)
        else:
            article = record.article.id
            producer.send(SCORED, record, key=article, partition=partition_of(article, PARTITIONS))
    producer.flush()


def work(
    bus, store, until=None, rules=None, settings=None, seconds=20.0, make_runners=share_runners, notify=False
):
    """Run a worker until `until(stage)` holds (by default: the log is read)."""
    stage = Stage("alerts", store)
    options = settings or Settings()
    failure = []

    def body():
        try:
            run(
                options,
                bus,
                store,
                stage,
                notify=notify,
                rules=rules or rule_set(),
                make_runners=make_runners,
            )
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failure.append(error)

    def read_all(_):
        with store.read() as connection:
            rows = connection.execute(
                select(
                    tables.positions.c.partition, tables.positions.c.next_offset, tables.positions.c.topic_id
                )
            ).all()
        ends = {number: len(log) for number, log in enumerate(bus.logs[SCORED])}
        return {row[0]: row[1] for row in rows if row[2] == bus.ids[SCORED]} == ends

    thread = threading.Thread(target=body)
    thread.start()
    wait_until(lambda: not thread.is_alive() or (until or read_all)(stage), within_s=seconds)
    stage.stop()
    thread.join(10)
    assert not thread.is_alive()
    if failure:
        raise failure[0]
    return stage


def kinds(store):
    origins = tables.origins.c
    with store.read() as connection:
        return dict(
            connection.execute(select(origins.kind, func.count()).group_by(origins.kind)).tuples().all()
        )


def count(store, table):
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def fates(store):
    with store.read() as connection:
        rows = connection.execute(select(tables.seen.c.id, tables.seen.c.revision, tables.seen.c.fate))
        return {(row[0], row[1]): row[2] for row in rows}


def some(number=12, negative=9_000):
    return [scored(n, START + n * 20_000, negative=negative) for n in range(number)]


END = Marker(writer="w", t=START + DAY, end=True)


def test_articles_end_in_the_store_once_and_the_numbers_add_up(bus, store):
    again = scored(3, START + 60_000, negative=9_000, origin="f:other:3")
    send(bus, *some(), *some(3), again, END)
    producer = bus.producer()
    producer.send_bytes(SCORED, b"{not json", schema="scored/1", key="x", partition=0)
    producer.flush()
    stage = work(bus, store)
    assert kinds(store) == {"article": 12, "duplicate": 1, "dead": 1}
    assert count(store, tables.articles) == count(store, tables.scores) == 12
    assert stage.counters["articles"] == 12 and stage.counters["repeats"] == 4
    assert set(fates(store).values()) == {"counted"}
    assert list(alert_lines(store, "main"))


def test_impossible_probabilities_are_dead_with_the_articles_own_origin(bus, store):
    import msgspec

    bad = msgspec.structs.replace(scored(1, START), p_negative=20_000)
    send(bus, bad, scored(2, START), END)
    work(bus, store)
    assert kinds(store) == {"article": 1, "dead": 1}
    with store.read() as connection:
        row = connection.execute(select(tables.dead.c.origin, tables.dead.c.reason)).one()
    assert tuple(row) == (bad.article.origin, "bad_schema")


def test_new_revision_is_kept_and_counts_once(bus, store):
    send(bus, scored(1, START), scored(1, START + MINUTE, revision="2"), END)
    work(bus, store)
    assert kinds(store) == {"article": 2}
    assert sorted(fates(store).values()) == ["counted", "revision"]
    with store.read() as connection:
        total = select(func.sum(tables.panes.c.articles)).where(tables.panes.c.series == "all")
        assert connection.execute(total).scalar_one() == 1


def test_revision_whose_first_was_counted_long_before_a_restart_does_not_count(bus, store):
    send(bus, scored(1, START), Marker(writer="w", t=START + 10 * MINUTE))
    work(bus, store)
    send(bus, scored(1, START + DAY // 2, revision="2"), END)
    work(bus, store)
    assert sorted(fates(store).values()) == ["counted", "revision"]


def test_open_panes_survive_a_restart(bus, store):
    send(bus, *some(), Marker(writer="w", t=START + MINUTE))
    work(bus, store)
    assert set(fates(store).values()) == {"open"}
    send(bus, END)
    work(bus, store)
    assert set(fates(store).values()) == {"counted"}
    whole = b"".join(alert_lines(store, "main"))
    assert whole


def test_another_log_voids_the_positions_and_repeats_change_nothing(bus, store):
    send(bus, *some(), Marker(writer="w", t=START + 30 * MINUTE))
    work(bus, store)
    before = b"".join(alert_lines(store, "main"))
    bus.wipe()
    bus.ensure_topics(PARTITIONS)
    send(bus, *some(), END)
    stage = work(bus, store)
    assert stage.counters["repeats"] == 12 and kinds(store) == {"article": 12}
    after = b"".join(alert_lines(store, "main"))
    assert before and after.startswith(before)


def test_stand_by_takes_over_only_when_the_lease_is_free(bus, store):
    assert take_lease(store, "main", "somebody else", 10_000) is not None
    send(bus, *some(), END)
    stage = work(bus, store, until=lambda stage: stage.status == "standing by")
    assert stage.counters["articles"] == 0 and count(store, tables.panes) == 0


def test_fenced_worker_writes_nothing_and_starts_over(bus, store, monkeypatch):
    original = session_module.persist.save
    stolen = []

    def steal(connection, name, desk, effects):
        result = original(connection, name, desk, effects)
        if not stolen:
            stolen.append(True)
            connection.execute(tables.leases.update().values(epoch=99, holder="thief", renewed_at=0))
        return result

    monkeypatch.setattr(session_module.persist, "save", steal)
    send(bus, *some(), Marker(writer="w", t=START + MINUTE))
    work(bus, store)
    send(bus, END)
    work(bus, store)
    assert kinds(store) == {"article": 12} and list(alert_lines(store, "main"))


def test_late_article_is_a_correction_beside_its_pane(bus, store):
    send(bus, *some(), Marker(writer="w", t=START + DAY))
    work(bus, store)
    before = b"".join(alert_lines(store, "main"))
    send(bus, scored(99, START + 30_000), Marker(writer="w", t=START + DAY + MINUTE))
    stage = work(bus, store)
    assert stage.counters["late"] == 1 and b"".join(alert_lines(store, "main")) == before
    where = (tables.corrections.c.series == "all", tables.panes.c.start == tables.corrections.c.start)
    with store.read() as connection:
        row = connection.execute(
            select(tables.corrections.c.start, tables.corrections.c.state, tables.panes.c.articles).where(
                *where, tables.panes.c.series == "all"
            )
        ).one()
    assert [one.article for one in decode_pane(row.state)] == [scored(99, 0).article.id]
    assert (row.start, row.articles) == (START, 3)


def test_memory_only_broker_has_nothing_pending_once_stored(store):
    bus = MemoryBus(durable=False)
    bus.ensure_topics(PARTITIONS)
    with store.write() as connection:
        rows = [{"origin": one.article.origin, "source": "wire", "article": b"{}"} for one in some()]
        insert_absent(connection, tables.pending, rows)
    send(bus, *some(), END)
    work(bus, store)
    assert count(store, tables.pending) == 0


def test_health_is_stored(bus, store):
    said = Health(source="wire", at=START, status="broken", expected=3.0, seen=0, since=START - DAY)
    send(bus, said, END)
    work(bus, store)
    assert count(store, tables.health) == 1


@pytest.mark.logs_errors
def test_poison_without_end_pauses_its_partition_and_loses_nothing(bus, store):
    producer = bus.producer()
    for _ in range(session_module.POISON_IN_A_ROW):
        producer.send_bytes(SCORED, b"\xff", schema="scored/1", key="x", partition=0)
    producer.flush()
    stage = work(bus, store)
    assert kinds(store) == {"dead": session_module.POISON_IN_A_ROW}
    assert stage.counters["dead"] == session_module.POISON_IN_A_ROW


@pytest.mark.logs_errors
def test_missing_markers_are_said_aloud(bus, store):
    settings = Settings().model_copy(
        update={"alerts": Settings().alerts.model_copy(update={"stalled_after": 100})}
    )
    send(bus, *some(), Marker(writer="w", t=START + MINUTE))
    stage = work(bus, store, until=lambda stage: stage.status == "pipeline_stalled", settings=settings)
    assert stage.status == "pipeline_stalled"


def test_alert_of_a_rule_that_changed_is_resolved_where_the_desk_stands(bus, store):
    send(bus, *some(), Marker(writer="w", t=START + 7 * MINUTE))
    work(bus, store, rules=rule_set(after="1h"))
    before = list(alert_lines(store, "main"))
    assert before and not any(b'"resolved"' in line for line in before)
    send(bus, Marker(writer="w", t=START + 8 * MINUTE))
    work(bus, store, rules=rule_set(after="1h", stories=9_999))
    after = list(alert_lines(store, "main"))
    ended = [line for line in after if b'"resolved"' in line]
    assert len(ended) == len({line.split(b'"')[3] for line in before}) and set(before) <= set(after)
    with store.read() as connection:
        open_ones = select(func.count()).where(tables.alerts.c.state == "firing")
        assert connection.execute(open_ones).scalar_one() == 0


TO_TEAM = "notify: {route: {default: [team]}}\n"
ALL = "notify: {route: {default: [team, boss]}}\n"


@pytest.mark.parametrize(
    "after",
    [rule_set(after="1h", stories=9_999, more=ALL), parse_rules("rules: []\n" + ALL, "rules of the test")],
    ids=["changed", "gone"],
)
def test_who_heard_of_an_alert_hears_that_it_ends_with_its_rule(bus, store, after):
    send(bus, *some(), Marker(writer="w", t=START + 7 * MINUTE))
    work(bus, store, rules=rule_set(after="1h", more=TO_TEAM), settings=SETTINGS, notify=True)
    for _ in range(2):  # started twice, told once
        send(bus, Marker(writer="w", t=START + 8 * MINUTE))
        work(bus, store, rules=after, settings=SETTINGS, notify=True)
    fired = {row.alert_id for row in outbox(store) if row.event == "firing"}
    ends = [row for row in outbox(store) if row.event == "resolved"]
    assert fired and {row.alert_id for row in ends} == fired and len(ends) == len(fired)
    assert {(row.channel, row.status) for row in ends} == {("team", "pending")}
    mail = render(message(ends[0]))
    assert mail.subject.startswith("[resolved]")
    assert "its rule was changed or removed" in mail.text and "其规则已被修改或移除" in mail.text
    with store.read() as connection:
        log = list(audit.entries(connection))
        rows = [row for row in changes(connection, "main", ends[0].alert_id) if row.state == "resolved"]
        alert = alert_row(connection, "main", ends[0].alert_id)
        whole = list(alert_checks(connection, "main", alert, changes(connection, "main", alert.id), {MINUTE}))
        bare = {check.what: check.verdict for check in bare_checks(connection, "main", rows[0])}
        history = show_alert(connection, "main", alert.id)["history"]
    assert bare == {"stored line": "agrees", "evidence pack": "unknown", "audit log": "agrees"}
    assert "its rule was changed or removed" in history[-1]["reason"]
    assert audit.verify(log).fault == ""
    ended = {entry.subject: entry for entry in log if entry.action == "alert.resolved"}
    assert set(ended) == fired and all(entry.actor == "desk:main" for entry in ended.values())
    assert json.loads(ended[alert.id].detail)["line"] == json.loads(rows[0].line)
    assert {check.verdict for check in whole} == {"agrees"}


def test_a_replay_tells_nobody_that_an_alert_ends_with_its_rule(bus, store):
    send(bus, *some(), Marker(writer="w", t=START + 7 * MINUTE))
    work(bus, store, rules=rule_set(after="1h", more=TO_TEAM), settings=SETTINGS)
    send(bus, Marker(writer="w", t=START + 8 * MINUTE))
    work(bus, store, rules=rule_set(after="1h", stories=9_999, more=TO_TEAM), settings=SETTINGS)
    rows = outbox(store)
    assert {row.event for row in rows} == {"firing", "resolved"}
    assert {row.status for row in rows} == {"withheld"}


def outbox(store):
    with store.read() as connection:
        return connection.execute(select(tables.outbox)).all()


def message(row):
    return Message(row.id, content.from_json(row.payload))


FITTED = """
rules:
  - {name: busy, series: [all], window: 3h, detector: {kind: negative_share, warmup_stories: 5}, budget: 1/week}
"""


def test_each_new_fit_is_in_the_audit_log(bus, store):
    articles = [scored(n, START + n * HOUR, negative=9_000 if n % 3 else 1_000) for n in range(9 * 24)]
    send(bus, *articles, Marker(writer="w", t=START + 9 * DAY, end=True))
    work(bus, store, rules=parse_rules(FITTED, "rules.yaml"), make_runners=runners_of)
    with store.read() as connection:
        made = connection.execute(select(tables.fits)).all()
        kept = connection.execute(select(tables.audit).where(tables.audit.c.action == "rule.fit")).all()
    assert made and [row.subject for row in kept] == [row.rule for row in made]
    told = json.loads(kept[0].detail)
    assert (
        told["threshold"] > 1
        and told["version"] == made[0].version
        and {"low", "high", "method"} <= set(told)
    )
    assert told["in_force_from"] == iso(made[0].in_force_from)
