"""The stages as processes of their own, started by hand, killed on purpose and started again, as a platform would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Select, func, select

from alerts.interfaces.export import alert_lines
from core import tables
from core.errors import StoreUnavailable
from core.settings import StoreSettings
from core.store import Store, open_store
from newsquake import summary
from tests.support.runs import score_cache

KILLED = (137, -signal.SIGKILL)
PARTITIONS = 4
_LATENESS_MS = 60_000


@dataclass
class Left:
    """What a run leaves in the store: the same whatever was killed, but for nothing."""

    numbers: dict[str, int]
    alert_lines: bytes
    panes: list[tuple[Any, ...]]
    seen: list[tuple[Any, ...]]
    corrections: list[tuple[Any, ...]]


@dataclass
class House:
    """One replay by stages of its own. `crash`: stage -> crash point of its first life."""

    folder: Path
    dump: Path
    broker: str
    store: str
    durable: bool = False
    crash: Mapping[str, str] = field(default_factory=dict)
    notify: bool = False
    config: Path | None = None
    speed: str = "max"
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    deaths: dict[str, int] = field(default_factory=dict)

    def commands(self) -> dict[str, list[str]]:
        """The stages and their command lines."""
        everything = ",".join(str(number) for number in range(PARTITIONS))
        found = {
            "classifier": ["classify-worker", "--partitions", everything],
            "alerts": ["alert-worker", *([] if self.notify else ["--no-notify"])],
            "ingest": ["ingest", "--replay", str(self.dump), "--speed", self.speed],
        }
        if self.notify:
            found["delivery"] = ["deliver"]
        if self.config:
            found = {stage: [*command, "-c", str(self.config)] for stage, command in found.items()}
        return found

    def start(self, stage: str) -> None:
        """Start a stage; its crash point counts in its first life only."""
        weights = os.environ.get("NEWSQUAKE_TEST_WEIGHTS")
        environment = {
            **os.environ,
            **({"NEWSQUAKE_CLASSIFIER__WEIGHTS": weights} if weights else {}),
            "NEWSQUAKE_BROKER__ADDRESS": self.broker,
            "NEWSQUAKE_BROKER__DURABLE": str(self.durable).lower(),
            "NEWSQUAKE_BROKER__PARTITIONS": str(PARTITIONS),
            "NEWSQUAKE_STORE__URL": self.store,
            "NEWSQUAKE_CLASSIFIER__SCORE_CACHE": score_cache(),
            "NEWSQUAKE_DATA_DIR": str(self.folder / "data"),
            "NEWSQUAKE_ALERTS__LEASE_TIMEOUT": "2s",
        }
        if stage in self.crash and stage not in self.deaths:
            environment["NEWSQUAKE_CRASH_AT"] = self.crash[stage]
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{stage}.log").open("ab") as log:
            self.processes[stage] = subprocess.Popen(
                [sys.executable, "-m", "newsquake", *self.commands()[stage]],
                env=environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def run(self, within_s: float = 400.0, meanwhile: Callable[[House], None] = lambda house: None) -> Left:
        """Start everything, start again what was killed, until the dump is through. `meanwhile` may kill."""
        opened = open_store(StoreSettings(url=self.store))
        try:
            for stage in self.commands():
                self.start(stage)
            deadline = time.monotonic() + within_s
            while not self._through(opened):
                assert time.monotonic() < deadline, f"not through after {within_s:.0f} s\n{self.logs()}"
                self._look_after()
                meanwhile(self)
                time.sleep(0.1)
            self.stop()
            return left(opened)
        finally:
            self.kill_all()
            opened.close()

    def _look_after(self) -> None:
        for stage, process in list(self.processes.items()):
            code = process.poll()
            if code is None or (stage == "ingest" and code == 0):
                continue
            assert code in KILLED, f"{stage} ended with {code}\n{self.logs()}"
            self.deaths[stage] = self.deaths.get(stage, 0) + 1
            self.start(stage)

    def kill(self, stage: str) -> bool:
        """kill -9 a stage; returns whether it lived."""
        process = self.processes.get(stage)
        if process is None or process.poll() is not None:
            return False
        process.kill()
        process.wait()
        return True

    def moved(self) -> bool:
        """Whether the desk has closed its first pane: from here on a kill hits it in the middle."""
        return bool(self._ask(select(func.max(tables.desks.c.watermark))))

    def stands_by(self) -> bool:
        """Whether a second alert worker waits for the lease."""
        return bool(self._ask(select(tables.stages.c.stage).where(tables.stages.c.status == "standing by")))

    def _ask(self, query: Select[Any]) -> Any:
        opened = open_store(StoreSettings(url=self.store))
        try:
            with opened.read() as connection:
                return connection.execute(query).scalar()
        except StoreUnavailable:
            return None
        finally:
            opened.close()

    def stop(self, within_s: float = 15.0) -> None:
        """SIGTERM to all; they drain and end with 0."""
        self.processes["ingest"].wait(
            within_s
        )  # its replay is through; a signal in its last instant would end it with -15
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for stage, process in self.processes.items():
            code = process.wait(within_s)
            assert code == 0, f"{stage} ended with {code}\n{self.logs()}"

    def kill_all(self) -> None:
        """kill -9 to all."""
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()

    def _through(self, store: Store) -> bool:
        try:
            with store.read() as connection:
                cursors = tables.cursors.c
                replays = cursors.source.like("replay:%")
                states = connection.execute(select(cursors.state, cursors.done).where(replays)).all()
                watermark = connection.execute(select(tables.desks.c.watermark)).scalar()
                outbox = tables.outbox.c
                waiting = connection.execute(
                    select(func.count()).select_from(tables.outbox).where(outbox.status == "pending")
                ).scalar_one()
        except StoreUnavailable:
            return False
        if not states or not all(row.done for row in states) or (self.notify and waiting):
            return False
        end = max(msgspec.json.decode(row.state).get("end_t", 0) for row in states)
        return int(watermark or 0) >= int(end) - _LATENESS_MS

    def logs(self) -> str:
        """The ends of the stages' logs."""
        parts = []
        for file in sorted(self.folder.glob("*.log")):
            rows = file.read_text(errors="replace").splitlines()[-12:]
            parts.append(f"--- {file.name}\n" + "\n".join(rows))
        return "\n".join(parts)


def left(store: Store, desk: str = "main") -> Left:
    """What stands in the store."""
    panes, seen, corrections = tables.panes.c, tables.seen.c, tables.corrections.c
    with store.read() as connection:
        return Left(
            numbers=summary.numbers(store, desk),
            alert_lines=b"".join(alert_lines(store, desk)),
            panes=[
                tuple(row)
                for row in connection.execute(
                    select(
                        panes.series, panes.start, panes.articles, panes.stories, panes.publishers, panes.negative,
                        panes.decided, panes.sentiment_sum, panes.state,
                    ).order_by(panes.series, panes.start)
                )
            ],
            seen=[
                tuple(row)
                for row in connection.execute(
                    select(seen.id, seen.revision, seen.story, seen.fate).order_by(seen.id, seen.revision)
                )
            ],
            corrections=[
                tuple(row)
                for row in connection.execute(
                    select(corrections.series, corrections.start, corrections.articles).order_by(
                        corrections.series, corrections.start
                    )
                )
            ],
        )  # fmt: skip
