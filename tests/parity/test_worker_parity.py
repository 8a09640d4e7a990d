"""Replay parity: worker, bus and store decide what the bare desk decides, byte for byte, on both stores."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import pytest

from alerts.engine.assembly import runners_of
from alerts.engine.desk import Desk
from alerts.engine.watermark import Watermark
from alerts.interfaces.export import alert_lines
from alerts.rules.loading import parse_rules
from alerts.storage.worker import run
from alerts.testing import START, drive, end_marker, lines, scored
from backtest.cli import backtest
from core.bus.base import SCORED
from core.bus.memory import MemoryBus
from core.errors import ConfigError
from core.ids import partition_of
from core.records import Marker
from core.settings import Settings
from core.stage import Stage
from core.store import Store
from core.tables import rule_sets
from core.times import DAY, HOUR, MINUTE

PARTITIONS = 3
END = START + 12 * DAY
RULES = parse_rules(
    """
rules:
  - name: negative
    series: ["all", "topic:*", "entity:*"]
    window: 1h
    detector: {kind: negative_share, warmup_stories: 20}
    minimum: {stories: 3}
    hold: 10m
    budget: 30/week
  - name: volume
    series: ["entity:*"]
    window: 1h
    metric: stories
    detector: {kind: volume, warmup_stories: 20, warmup_hours: 6}
    minimum: {stories: 3}
    budget: 30/week
  - name: fixed
    series: ["all@zh"]
    window: 30m
    metric: negative_share
    threshold: 0.8
immediate:
  - name: one
    entities: ["US:T1"]
    min_probability: 0.9
""",
    "parity",
)


def wire() -> list:
    """Ten days of news with a rhythm and a few bad hours."""
    rng, found, at = random.Random(11), [], START
    for number in range(700):
        at += rng.choice([30_000, 5 * MINUTE, 20 * MINUTE, 45 * MINUTE])
        bad = (at // HOUR) % 60 < 2
        for copy in range(rng.choice([1, 1, 2, 4]) if bad else 1):
            found.append(
                scored(
                    10 * number + copy,
                    at + copy * 7_000,
                    negative=rng.choice([8_500, 9_500]) if bad else rng.choice([500, 500, 2_000, 8_500]),
                    entities=[f"US:T{rng.randrange(3)}"],
                    language=rng.choice(["en", "zh"]),
                )
            )
    return sorted(found, key=lambda one: (one.article.available_at, one.article.id))


def bare(articles) -> bytes:
    desk = Desk(RULES, runners_of(RULES, MINUTE), Watermark(1, MINUTE), MINUTE)
    return lines(drive(desk, [*articles, end_marker(END)], chunk=10**6))


def through_the_worker(articles, store, seed) -> bytes:
    """Out of order by up to the lateness, over three partitions, with repeats, and two restarts of the worker."""
    bus, rng = MemoryBus(), random.Random(seed)
    bus.ensure_topics(PARTITIONS)
    producer = bus.producer()
    arrivals = sorted((one.article.available_at + rng.randrange(MINUTE), n) for n, one in enumerate(articles))
    parts = [arrivals[:200], arrivals[200:450], arrivals[450:]]
    for number, part in enumerate(parts):
        for arrived, index in part:
            record = articles[index]
            for _ in range(rng.choice([1, 1, 1, 2])):
                key = record.article.id
                producer.send(SCORED, record, key=key, partition=partition_of(key, PARTITIONS))
            if rng.random() < 0.2:
                for partition in range(PARTITIONS):
                    producer.send(SCORED, Marker(writer="w", t=arrived), key="", partition=partition)
        if number == len(parts) - 1:
            for partition in range(PARTITIONS):
                producer.send(SCORED, Marker(writer="w", t=END, end=True), key="", partition=partition)
        producer.flush()
        work(bus, store)
    return b"".join(alert_lines(store, "main"))


def work(bus, store) -> None:
    """A worker's life: until the log is read and a little longer."""
    stage = Stage("alerts", store)
    failures: list[BaseException] = []

    def body() -> None:
        try:
            run(Settings(), bus, store, stage, notify=False, rules=RULES)
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    size = sum(len(log) for log in bus.logs[SCORED])
    deadline = time.monotonic() + 120
    while thread.is_alive() and time.monotonic() < deadline:
        read = sum(bus.offsets.get(("desk-main", SCORED, number), 0) for number in range(PARTITIONS))
        if read == size:
            break
        time.sleep(0.02)
    stage.stop()
    thread.join(60)
    assert not failures and not thread.is_alive()


def test_worker_decides_what_the_bare_desk_decides(store):
    articles = wire()
    want = bare(articles)
    assert want.count(b'"state":"firing"') >= 3
    assert through_the_worker(articles, store, seed=1) == want


def test_the_command_compares_under_the_rules_that_the_store_has(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # no settings: the built-in rules are not those of the store
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with pytest.raises(ConfigError, match="no desk 'main' ever ran"):
        backtest(store=url, parity=True)
    decided = through_the_worker(wire(), sqlite_store, seed=2)
    backtest(store=url, parity=True)
    assert f"parity: {decided.count(bytes([10]))} lines, the same byte for byte" in capsys.readouterr().out
    with sqlite_store.write() as connection:
        former = connection.execute(rule_sets.select()).mappings().one()
        earlier = {**former, "version": "earlier", "in_force_from": former["in_force_from"] - 1}
        connection.execute(rule_sets.insert().values(**earlier))
    backtest(store=url, parity=True)
    assert "ran under 2 sets of rules; compared under" in capsys.readouterr().err
