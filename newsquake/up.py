"""`newsquake up`: every stage as a process of its own on this machine, with a live status.

The broker is the configured one, or the embedded one (memory only): when that one dies, its log is lost, so all stages
are restarted and ingest sends again what had not been stored.
"""

from __future__ import annotations

import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import msgspec
from rich.console import Console
from rich.live import Live
from sqlalchemy import ColumnElement, delete, func, select, update

from core import tables
from core.bus import open_bus
from core.errors import ConfigError, NewsquakeError, StoreUnavailable
from core.folders import writable
from core.settings import Settings
from core.store import Store, open_store
from ingest.dumps.columns import parse_columns
from ingest.replay.sorted_dump import check_dump
from ingest.sources.loading import load_sources
from newsquake import summary
from newsquake.broker import EmbeddedBroker
from newsquake.children import Child, Children, stage_command
from newsquake.status import Snapshot, Status, take_snapshot

PROBE_S = 5.0
GIVE_UP_S = 20.0
"""Seconds of a store that rejects writes after which a run with --exit fails."""
LITTLE_BYTES = 256 * 1024


@dataclass(frozen=True)
class UpOptions:
    """Options of the command line beside the settings."""

    config: Path | None = None
    replay: Path | None = None
    columns: str | None = None
    speed: str = "max"
    exit_when_through: bool = False
    out: Path | None = None
    dashboard: bool = True
    notify: bool | None = None
    """None: live runs notify, replays do not."""
    environment: Mapping[str, str] = field(default_factory=dict)


class LocalRun:
    """One local run, from its start to the end of its last process."""

    def __init__(self, settings: Settings, options: UpOptions, console: Console | None = None) -> None:
        self._settings, self._options = settings, options
        self._console = console or Console(stderr=True, emoji=False)
        self._children = Children()
        self._broker: EmbeddedBroker | None = None
        self._probed_at = 0.0
        self._sick_since = 0.0
        self._interrupted = False
        self._environment: dict[str, str] = dict(options.environment)

    def run(self) -> bool:
        """Run until Ctrl-C, or until the replay is processed.

        Returns False where a run with --exit was interrupted, or the numbers of a replay do not add up. Raises
        ConfigError, NewsquakeError.
        """
        if self._options.replay is not None:
            check_dump(self._options.replay, parse_columns(self._options.columns))
        load_sources(self._settings)
        if self._options.out is not None:
            writable(self._options.out, "--out")
        previous = [signal.signal(number, self._interrupt) for number in (signal.SIGINT, signal.SIGTERM)]
        started = time.monotonic()
        store = open_store(self._settings.store)
        try:
            with store.write() as connection:
                connection.execute(delete(tables.stages))
            desk = self._settings.alerts.desk
            before = summary.numbers(store, desk)["stored"] if self._options.replay is not None else 0
            status = self._start()
            through = self._watch(store, status)
            self._stop()  # before counting
            took_s = time.monotonic() - started
            if self._options.out is not None:
                summary.write(self._options.out, store, desk, take_snapshot(store, desk), took_s)
            if self._options.replay is not None:
                found = summary.numbers(store, desk)
                if not self._console.is_terminal:
                    status.add(take_snapshot(store, desk))
                    self._say(status.line(found["stored"] - before if through else None))
                self._say(summary.sentence(found) if through else summary.so_far(found))
                self._say(
                    f"{found['panes']} panes, {found['alerts']} alerts, {time.monotonic() - started:.1f} s"
                )
                if self._options.notify and (left := self._unsent(store)):
                    self._say(f"{left} notifications were not sent yet: `newsquake deliver` sends them")
                if through and not summary.add_up(found):
                    return False
            return through or not self._options.exit_when_through
        finally:
            self._stop()
            store.close()
            for number, handler in zip((signal.SIGINT, signal.SIGTERM), previous, strict=True):
                signal.signal(number, handler)

    # -- starting

    def _start(self) -> Status:
        settings, options = self._settings, self._options
        if settings.broker.address:
            open_bus(settings.broker).close()  # so that a missing one is reported at once, not by every stage
            self._environment["NEWSQUAKE_BROKER__ADDRESS"] = settings.broker.address
        else:
            self._start_broker()
        self._environment["NEWSQUAKE_STORE__URL"] = settings.store.url
        replaying = options.replay is not None
        notify = options.notify if options.notify is not None else not replaying
        everything = ",".join(str(number) for number in range(settings.broker.partitions))
        ingest = ["ingest"]
        if options.replay is not None:
            ingest += ["--replay", str(options.replay), "--speed", options.speed]
            ingest += ["--columns", options.columns] if options.columns else []
        self._add("classifier", "classify-worker", "--partitions", everything)
        self._add("alerts", "alert-worker", *([] if notify else ["--no-notify"]))
        self._add("ingest", *ingest)
        if notify:
            self._add("delivery", "deliver")
        address = None
        if options.dashboard:
            port = free_port(settings.dashboard.host, settings.dashboard.port)
            if port != settings.dashboard.port:
                self._children.notes.append(
                    f"port {settings.dashboard.port} is in use: the dashboard is on {port}"
                )
            address = f"http://{settings.dashboard.host}:{port}"
            self._add("dashboard", "dashboard", "--port", str(port))
        if options.replay is None:
            port = free_port(settings.api.host, settings.api.port)
            self._add("api", "api", "--port", str(port))
            self._children.notes.append(f"HTTP API on http://{settings.api.host}:{port}/docs")
        return Status(address, self._children.notes)

    def _start_broker(self) -> None:
        self._broker = EmbeddedBroker()
        address = self._broker.start()
        self._environment["NEWSQUAKE_BROKER__ADDRESS"] = address
        self._environment["NEWSQUAKE_BROKER__DURABLE"] = "false"

    def _add(self, name: str, *arguments: str) -> None:
        config = ["-c", str(self._options.config)] if self._options.config else []
        folder = self._settings.path(self._settings.data_dir) / "logs"
        self._children.add(
            Child(name, stage_command(*arguments, *config), dict(self._environment), folder / f"{name}.log")
        )

    # -- watching

    def _watch(self, store: Store, status: Status) -> bool:
        """Supervise until interrupted (False) or processed (True)."""
        if self._console.is_terminal:
            with Live(status.render(), console=self._console, refresh_per_second=4, transient=False) as live:
                return self._loop(store, status, lambda: live.update(status.render()))
        last = [0.0]

        def line() -> None:
            if time.monotonic() - last[0] >= 5:
                last[0] = time.monotonic()
                self._say(status.line())

        if status.address:
            self._say(f"dashboard {status.address}")
        return self._loop(store, status, line)

    def _loop(self, store: Store, status: Status, show: Callable[[], None]) -> bool:
        said = 0
        while not self._interrupted:
            may_end = frozenset({"ingest"} if self._options.replay is not None else ())
            self._children.supervise(may_end=may_end)
            if self._broker is not None and not self._broker.alive:
                self._restart_everything()
            self._probe(store)
            try:
                snapshot = take_snapshot(store, self._settings.alerts.desk)
            except StoreUnavailable:
                snapshot = status.newest
            status.add(snapshot)
            show()
            if not self._console.is_terminal:
                for note in self._children.notes[said:]:
                    self._say(note)
                said = len(self._children.notes)
            if self._options.exit_when_through and self._through(store, snapshot):
                return True
            time.sleep(0.25)
        return False

    def _probe(self, store: Store) -> None:
        """Report a store that rejects writes (full, read-only): the stages wait meanwhile.

        Raises StoreUnavailable where the run has --exit and the fault lasts.
        """
        now = time.monotonic()
        if now - self._probed_at < PROBE_S:
            return
        self._probed_at = now
        try:
            with store.write() as connection:
                connection.execute(update(tables.stages).values(status=tables.stages.c.status))
            self._room(store)
        except StoreUnavailable as error:
            self._sick_since = self._sick_since or now
            note = f"{error}: the stages wait, nothing is lost"
            if note not in self._children.notes:
                self._children.notes.append(note)
            if self._options.exit_when_through and now - self._sick_since >= GIVE_UP_S:
                raise StoreUnavailable(
                    f"{error}: nothing is lost; correct it and start again to continue"
                ) from error
        else:
            self._sick_since = 0.0

    @staticmethod
    def _room(store: Store) -> None:
        """Check the free disk space: a small write may succeed where a batch fails. Raises StoreUnavailable."""
        if store.is_sqlite and (file := store.engine.url.database) and Path(file).exists():
            free = shutil.disk_usage(Path(file).resolve().parent).free
            if free < LITTLE_BYTES:
                raise StoreUnavailable(f"store {store.engine.url}: disk is full ({free} bytes free)")

    def _restart_everything(self) -> None:
        self._children.notes.append("the embedded broker died and its log is lost: restarting all stages")
        again = [(child.name, child.command, child.log_file) for child in self._children.all]
        notes = self._children.notes
        self._children.stop()
        self._start_broker()
        for name, command, log_file in again:
            self._children.add(Child(name, command, dict(self._environment), log_file))
        self._children.notes = notes

    def _through(self, store: Store, snapshot: Snapshot) -> bool:
        """Whether the dump has been read and the desk, with these rules, has passed its last pane."""
        if snapshot.statuses.get("ingest") != "done":
            return False
        # The watermark may be from an earlier run: a desk that is not loaded yet has not applied changed rules.
        if snapshot.statuses.get("alerts") not in ("running", "pipeline_stalled"):
            return False
        cursors = tables.cursors
        with store.read() as connection:
            states = connection.execute(
                select(cursors.c.state, cursors.c.done).where(cursors.c.source.like("replay:%"))
            ).all()
        if not states or not all(row.done for row in states):
            return False
        ends = [msgspec.json.decode(row.state).get("end_t", 0) for row in states]
        wanted = max(ends) - self._settings.alerts.allowed_lateness
        empty = all(end == 0 for end in ends)
        decided = empty or (snapshot.watermark or 0) >= wanted
        return decided and not (self._options.notify and self._undelivered(store))

    def _undelivered(self, store: Store) -> int:
        """The number of due notifications that were not attempted; from the store, as delivery's own figure lags.

        One that was attempted and failed does not keep a run with --exit from ending: it stays in the outbox.
        """
        outbox = tables.outbox.c
        return self._unsent(store, outbox.attempts == 0, outbox.not_before <= round(time.time() * 1000))

    def _unsent(self, store: Store, *which: ColumnElement[bool]) -> int:
        """The number of pending notifications in the outbox that meet the conditions `which`."""
        outbox = tables.outbox.c
        waiting = (outbox.desk == self._settings.alerts.desk, outbox.status == "pending", *which)
        with store.read() as connection:
            return connection.execute(
                select(func.count()).select_from(tables.outbox).where(*waiting)
            ).scalar_one()

    # -- ending

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._interrupted = True

    def _stop(self) -> None:
        self._children.stop()
        if self._broker is not None:
            self._broker.stop()
            self._broker = None

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def free_port(host: str, wanted: int) -> int:
    """`wanted`, or the next port that is free. Raises ConfigError when none of the next 50 is."""
    for port in range(wanted, min(wanted + 50, 65536)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise ConfigError(f"no free port on {host} from {wanted} on: set another")


def up(settings: Settings, options: UpOptions) -> None:
    """Run locally; exits with status 1 where the run failed. Raises ConfigError, NewsquakeError."""
    if not LocalRun(settings, options).run():
        if options.exit_when_through:
            raise NewsquakeError(
                "the run was interrupted before the dump was processed; start it again to continue"
            )
        sys.exit(1)
