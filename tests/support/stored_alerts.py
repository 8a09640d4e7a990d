"""A store that a desk has decided into, for tests that edit it and verify its evidence."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.interfaces.cli import evidence as cli_evidence
from alerts.rules.loading import parse_rules
from alerts.storage.worker import run
from alerts.testing import START
from core.bus.base import SCORED
from core.bus.memory import MemoryBus
from core.errors import NewsquakeError
from core.records import Marker
from core.settings import Settings, StoreSettings
from core.stage import Stage
from core.store import open_store
from core.times import HOUR
from tests.support.packs import RULES, news
from tests.support.waiting import wait_until

HELD = RULES.source.replace("threshold: 2.0", "threshold: 2.0\n    hold: 15m")


@pytest.fixture(scope="session")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which the desk has decided, through its worker."""
    file = tmp_path_factory.mktemp("store") / "store.db"
    store, bus = open_store(StoreSettings(url=f"sqlite:///{file}")), MemoryBus()
    bus.ensure_topics(1)
    producer = bus.producer()
    for one in sorted(news(), key=lambda one: one.article.available_at):
        producer.send(SCORED, one, key=one.article.id, partition=0)
    producer.send(SCORED, Marker(writer="t", t=START + 60 * HOUR, end=True), key="", partition=0)
    producer.flush()
    stage, failures = Stage("alerts", store), []

    def body() -> None:
        try:
            run(Settings(), bus, store, stage, notify=False, rules=parse_rules(HELD, "rules.yaml"))
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    size = len(bus.logs[SCORED][0])
    wait_until(
        lambda: not thread.is_alive() or bus.offsets.get(("desk-main", SCORED, 0), 0) == size, within_s=120
    )
    stage.stop()
    thread.join(60)
    assert not failures
    store.close()
    return file


FIRST = (
    "id = :id AND state = 'firing' AND decided_at = "
    "(SELECT min(decided_at) FROM alert_lines WHERE id = :id AND state = 'firing')"
)


class Copy:
    """A store of its own to tamper with."""

    def __init__(self, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.url, self._capsys = f"sqlite:///{file}", capsys
        self._store = open_store(StoreSettings(url=self.url))

    def do(self, statement: str, **values: object) -> None:
        with self._store.write() as connection:
            connection.exec_driver_sql(statement, values)

    def ask(self, query: str) -> list[tuple]:
        with self._store.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def alert(self, rule: str, series: str = "topic:energy") -> str:
        return str(
            self.ask(f"SELECT id FROM alerts WHERE rule = '{rule}' AND series = '{series}' AND fired")[0][0]
        )

    def verify(self, alert: str) -> tuple[bool, str]:
        """Whether it passes, and what is printed."""
        self._capsys.readouterr()
        try:
            cli_evidence.check(alert, store=self.url)
            passed = True
        except NewsquakeError:
            passed = False
        return passed, self._capsys.readouterr().out

    def bad(self, alert: str) -> list[str]:
        passed, told = self.verify(alert)
        found = [line.removeprefix("BAD  ") for line in told.splitlines() if line.startswith("BAD ")]
        assert passed == (not found)
        return found

    def close(self) -> None:
        self._store.close()


@pytest.fixture
def store(decided: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Copy]:
    file = tmp_path / "store.db"
    shutil.copy(decided, file)
    copy = Copy(file, capsys)
    yield copy
    copy.close()


def pack_of(store: Copy, alert: str) -> dict:
    return json.loads(first(store, alert)[1])


def first(store: Copy, alert: str) -> tuple[str, bytes]:
    """Line and pack of its first firing."""
    ((line, pack),) = store.ask(
        f"SELECT line, evidence FROM alert_lines WHERE {FIRST.replace(':id', repr(alert))}"
    )
    return line, pack
