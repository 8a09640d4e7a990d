"""kill -9 of the replay at every crash point, and a broker that forgot: nothing lost, nothing settled twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.bus import open_bus
from core.bus.base import RAW, Bus
from core.records import Article, Marker, decode
from core.settings import load_settings
from core.store import Store, insert_absent, open_store
from core.tables import cursors, dead, origins
from newsquake.broker import EmbeddedBroker

WORKER = """
import sys
from pathlib import Path
from core.bus import open_bus
from core.settings import load_settings
from core.stage import Stage
from core.store import open_store
from ingest.replay.options import ReplayOptions
from ingest.worker import run
settings = load_settings(None)
store = open_store(settings.store)
bus = open_bus(settings.broker)
bus.ensure_topics(settings.broker.partitions)
stage = Stage("ingest", store)
stage.handle_signals()
run(settings, bus, store, stage, ReplayOptions(Path(sys.argv[1]), speed=float(sys.argv[2])))
sys.exit(0 if stage.status == "done" else 3)
"""
ARTICLES, COPIES, DEAD = 3000, 300, 3
pytestmark = pytest.mark.slow


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    found = EmbeddedBroker()
    found.start()
    yield found
    found.stop()


class World:
    def __init__(self, folder: Path, broker: EmbeddedBroker, durable: bool) -> None:
        self.environment = {
            "NEWSQUAKE_BROKER__ADDRESS": broker.address,
            "NEWSQUAKE_BROKER__DURABLE": str(durable).lower(),
            "NEWSQUAKE_STORE__URL": f"sqlite:///{folder}/s.db",
            "NEWSQUAKE_DATA_DIR": str(folder),
        }
        self.settings = load_settings(None, environ=self.environment)
        self.store: Store = open_store(self.settings.store)
        self.dump = folder / "wire.jsonl"
        rows = []
        for number in range(ARTICLES):
            row = {
                "date": 1_450_000_000 + number,
                "title": f"Headline {number}",
                "id": str(number),
                "ticker": "A",
            }
            rows += [row, {**row, "ticker": "B"}] if number % 10 == 0 else [row]
        rows += [{"date": None, "title": f"When {number}?"} for number in range(DEAD)]
        self.dump.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def start(self, speed: float, crash_at: str = "") -> subprocess.Popen[bytes]:
        environment = {**os.environ, **self.environment, "NEWSQUAKE_CRASH_AT": crash_at}
        command = [sys.executable, "-c", WORKER, str(self.dump), str(speed)]
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)

    def run(self, speed: float, crash_at: str = "") -> int:
        process = self.start(speed, crash_at)
        _, errors = process.communicate(timeout=120)
        assert b"Traceback" not in errors, errors.decode()
        return process.returncode

    def log(self) -> list[Article | Marker]:
        bus: Bus = open_bus(self.settings.broker)
        consumer = bus.consumer(RAW, partitions=range(self.settings.broker.partitions))
        found: list[Article | Marker] = []
        wanted = sum(consumer.ends().values())
        deadline = time.monotonic() + 30
        while len(found) < wanted and time.monotonic() < deadline:
            found += [decode(record.value, record.schema) for record in consumer.poll(0.5)]  # type: ignore[misc]
        consumer.close()
        bus.close()
        return found

    def settle(self) -> None:
        """What the alert worker does: each origin once, whatever the log repeats."""
        rows = [
            {"origin": record.origin, "kind": "article", "source": record.source, "article_id": record.id}
            for record in self.log()
            if isinstance(record, Article)
        ]
        with self.store.write() as connection:
            insert_absent(connection, origins, rows)

    def check(self) -> None:
        with self.store.read() as connection:
            kinds = dict(
                connection.execute(select(origins.c.kind, func.count()).group_by(origins.c.kind))
                .tuples()
                .all()
            )
            read = connection.execute(select(func.sum(cursors.c.read))).scalar_one()
            letters = connection.execute(select(func.count()).select_from(dead)).scalar_one()
            done = connection.execute(select(cursors.c.done)).scalars().all()
        assert kinds == {"article": ARTICLES, "duplicate": COPIES, "dead": DEAD}
        assert read == ARTICLES + COPIES + DEAD
        assert letters == DEAD
        assert done == [True]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("point", ["after_hand_over", "before_cursor", "after_cursor"])
def test_killed_at_any_point_nothing_is_lost_or_doubled(
    tmp_path: Path, broker: EmbeddedBroker, point: str, count: int
) -> None:
    world = World(tmp_path, broker, durable=True)
    assert world.run(1000, f"{point}:{count}") == 137
    assert world.run(100_000) == 0
    world.settle()
    world.check()


def test_killed_and_the_broker_forgot_everything(tmp_path: Path, broker: EmbeddedBroker) -> None:
    world = World(tmp_path, broker, durable=False)
    process = world.start(1000)
    deadline = time.monotonic() + 60
    while not world.log() and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    world.settle()  # what had been taken by then stays settled
    before = {record.origin for record in world.log() if isinstance(record, Article)}
    assert 0 < len(before) < ARTICLES
    broker.stop()
    broker.start()
    assert world.run(100_000) == 0
    again = {record.origin for record in world.log() if isinstance(record, Article)}
    assert not again & before, "what was settled is not sent again"
    world.settle()
    world.check()


def test_sigterm_stops_within_seconds_and_the_next_run_goes_on(
    tmp_path: Path, broker: EmbeddedBroker
) -> None:
    world = World(tmp_path, broker, durable=True)
    process = world.start(200)
    deadline = time.monotonic() + 60
    while not world.log() and time.monotonic() < deadline:
        time.sleep(0.1)
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert time.monotonic() - started < 10
    assert process.returncode == 3
    assert world.run(100_000) == 0
    origins_sent = [record.origin for record in world.log() if isinstance(record, Article)]
    assert len(origins_sent) == len(set(origins_sent)) == ARTICLES, (
        "a clean stop repeats nothing on a broker that kept its log"
    )
    world.settle()
    world.check()
