"""Articles are stored once, and every origin has one row."""

from __future__ import annotations

from sqlalchemy import func, select

from alerts.interfaces.export import alert_lines
from alerts.testing import START, scored
from core import tables
from core.bus.base import SCORED
from core.bus.memory import MemoryBus
from core.store import insert_absent
from core.times import MINUTE
from tests.support.worker_runs import END, PARTITIONS, count, fates, kinds, send, some, work


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


def test_new_revision_is_kept_and_counts_once(bus, store):
    send(bus, scored(1, START), scored(1, START + MINUTE, revision="2"), END)
    work(bus, store)
    assert kinds(store) == {"article": 2}
    assert sorted(fates(store).values()) == ["counted", "revision"]
    with store.read() as connection:
        total = select(func.sum(tables.panes.c.articles)).where(tables.panes.c.series == "all")
        assert connection.execute(total).scalar_one() == 1


def test_memory_only_broker_has_nothing_pending_once_stored(store):
    bus = MemoryBus(durable=False)
    bus.ensure_topics(PARTITIONS)
    with store.write() as connection:
        rows = [{"origin": one.article.origin, "source": "wire", "article": b"{}"} for one in some()]
        insert_absent(connection, tables.pending, rows)
    send(bus, *some(), END)
    work(bus, store)
    assert count(store, tables.pending) == 0
