"""Alert workers over a bus in memory and an SQLite store, for tests of alerts/storage."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from alerts.storage.worker import run
from alerts.testing import START, rule_set, scored, share_runners
from core import tables
from core.bus.base import SCORED
from core.bus.memory import MemoryBus
from core.ids import partition_of
from core.records import Health, Marker
from core.settings import Settings, StoreSettings
from core.stage import Stage
from core.store import open_store
from core.times import DAY
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
