"""How far a replay has come, for whoever runs `newsquake ingest --replay` in a terminal."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from core.stage import Stage


@contextlib.contextmanager
def shown(stage: Stage, *, always: bool = False) -> Iterator[None]:
    """Two bars, rows read and articles sent, while the body runs; nothing where stderr is no terminal."""
    if not always and not sys.stderr.isatty():
        yield
        return
    ended = threading.Event()
    bar = Progress(
        TextColumn("{task.description:8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TimeRemainingColumn(), console=Console(stderr=True),
    )  # fmt: skip

    def watch() -> None:
        reading, sending = bar.add_task("reading", total=None), bar.add_task("sending", total=None)
        while True:
            last = ended.wait(0.25)
            read, dead = stage.counters["read"], stage.counters["dead"] + stage.counters["duplicates"]
            total = int(stage.gauges.get("rows_total", 0)) or None
            bar.update(reading, completed=read, total=total)
            bar.update(sending, completed=stage.counters["sent"], total=total - dead if total else None)
            if last:
                return

    thread = threading.Thread(target=watch, daemon=True)
    with bar:
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
