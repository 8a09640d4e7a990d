"""The local run's live status: read from the store four times a second, drawn by rich."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from sqlalchemy import func, select

from core import tables
from core.store import Store
from core.times import iso

ORDER = ("ingest", "classifier", "alerts", "delivery")


@dataclass
class Snapshot:
    """The state of all stages at one moment."""

    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    """Counters and gauges by stage, summed over its instances."""
    statuses: dict[str, str] = field(default_factory=dict)
    alerts: list[Any] = field(default_factory=list)
    """The newest alerts that fired: series, severity, state, onset."""
    fired: int = 0
    watermark: int | None = None

    def value(self, stage: str, name: str) -> float:
        """A stage's counter, 0 where there is none."""
        return self.stages.get(stage, {}).get(name, 0.0)

    @property
    def sources(self) -> str:
        """How many sources cannot be read at present, as text; "" where all can."""
        failing, broken = self.value("ingest", "sources_failing"), self.value("ingest", "sources_broken")
        if not failing:
            return ""
        down = f", {broken:.0f} of them for long" if broken else ""
        return f"{failing:.0f} of {self.value('ingest', 'sources'):.0f} sources cannot be read{down}"

    @property
    def lags(self) -> dict[str, float]:
        """Stage -> number of records sent to it and not processed yet, from the stages' own counters."""
        read, total = self.value("ingest", "read"), self.value("ingest", "rows_total")
        scored_or_dead = self.value("classifier", "scored") + self.value("classifier", "dead")
        taken = (
            self.value("alerts", "articles") + self.value("alerts", "repeats") + self.value("alerts", "late")
        )
        return {
            "ingest": max(0.0, total - read),
            "classifier": max(0.0, self.value("ingest", "sent") - scored_or_dead),
            "alerts": max(0.0, self.value("classifier", "scored") - taken),
            "delivery": self.value("delivery", "waiting"),
        }


def take_snapshot(store: Store, desk: str) -> Snapshot:
    """The stages' rows, the newest alerts and the watermark, from the store. Raises StoreUnavailable."""
    snapshot = Snapshot()
    with store.read() as connection:
        rows = connection.execute(select(tables.stages).order_by(tables.stages.c.updated_at)).all()
        for row in rows:
            into = snapshot.stages.setdefault(row.stage, {})
            for name, value in msgspec.json.decode(row.counters).items():
                into[name] = into.get(name, 0.0) + value
            snapshot.statuses[row.stage] = row.status
        alerts = tables.alerts
        mine = (alerts.c.desk == desk) & alerts.c.fired
        snapshot.fired = connection.execute(select(func.count()).select_from(alerts).where(mine)).scalar_one()
        snapshot.alerts = list(
            connection.execute(
                select(alerts.c.series, alerts.c.severity, alerts.c.state, alerts.c.onset, alerts.c.rule)
                .where(mine)
                .order_by(alerts.c.onset.desc(), alerts.c.id)
                .limit(5)
            ).all()
        )
        snapshot.watermark = connection.execute(
            select(tables.desks.c.watermark).where(tables.desks.c.desk == desk)
        ).scalar()
    return snapshot


HISTORY = 40


class Status:
    """Draws snapshots; keeps ten seconds of them for rates. `address`: of the dashboard."""

    def __init__(self, address: str | None, notes: list[str]) -> None:
        self.address, self._notes = address, notes
        self._history: deque[tuple[float, Snapshot]] = deque(maxlen=HISTORY)

    def add(self, snapshot: Snapshot) -> None:
        """Add the newest snapshot."""
        self._history.append((time.monotonic(), snapshot))

    def rate(self, stage: str, name: str) -> float:
        """A counter's increase per second over the history: stages update theirs once a batch, not evenly."""
        if len(self._history) < 2:
            return 0.0
        (then, old), (now, new) = self._history[0], self._history[-1]
        return max(0.0, (new.value(stage, name) - old.value(stage, name)) / max(now - then, 1e-3))

    @property
    def newest(self) -> Snapshot:
        """The newest snapshot; an empty one before the first."""
        return self._history[-1][1] if self._history else Snapshot()

    def line(self, stored: int | None = None) -> str:
        """One line of status, for logs.

        `stored`: the number of stored articles once the run has ended: the counters of a stage that was killed are
        lost, so that by them some articles would still be in progress.
        """
        now = self.newest
        lags = " ".join(f"{stage} {lag:.0f}" for stage, lag in now.lags.items() if stage != "delivery")
        scored, decided = now.value("classifier", "scored"), now.value("alerts", "articles")
        if stored is not None:
            scored, decided, lags = max(scored, stored), stored, "none"
        event = f"{iso(now.watermark)}" if now.watermark and now.watermark > 0 else "-"
        return (
            # Sent beyond what was read: pushed articles, and after a restart what an embedded broker had lost.
            f"read {now.value('ingest', 'read'):.0f} sent {now.value('ingest', 'sent'):.0f} "
            f"scored {scored:.0f} ({self.rate('classifier', 'scored'):.0f}/s) decided {decided:.0f} "
            f"alerts {now.fired} lag: {lags} event time {event}"
            + (f" SOURCES: {now.sources} (newsquake sources check)" if now.sources else "")
        )

    def render(self) -> RenderableType:
        """The live display."""
        now = self.newest
        parts: list[RenderableType] = []
        total, read = now.value("ingest", "rows_total"), now.value("ingest", "read")
        if total:
            # What has reached the end of the path, not only its beginning.
            done = min(
                total, now.value("alerts", "articles") + now.value("alerts", "repeats") + self._dropped()
            )
            bar = Table.grid(padding=(0, 1), expand=True)
            bar.add_column(width=9)
            bar.add_column(ratio=1)
            bar.add_column(width=34, justify="right")
            rate = self.rate("alerts", "articles")
            left = f"{(total - done) / rate:.0f} s left" if rate > 1 and done < total else ""
            bar.add_row(
                "replay", ProgressBar(total=total, completed=done), f"{done:,.0f} of {total:,.0f}  {left}"
            )
            parts.append(bar)
        table = Table(expand=True, box=None, header_style="bold")
        for title, justify in (
            ("stage", "left"),
            ("state", "left"),
            ("done", "right"),
            ("per s", "right"),
            ("lag", "right"),
            ("", "left"),
        ):
            table.add_column(title, justify=justify)  # type: ignore[arg-type]
        lags, value = now.lags, now.value
        rows = {
            "ingest": (
                "sent",
                f"{read:,.0f} read, {value('ingest', 'dead'):,.0f} dead, "
                f"{value('ingest', 'duplicates'):,.0f} duplicates",
            ),
            "classifier": ("scored", f"{value('classifier', 'cache_hits'):,.0f} from the score cache"),
            "alerts": (
                "articles",
                f"{value('alerts', 'open_panes'):,.0f} open panes",
            ),
            "delivery": ("sent", f"{value('delivery', 'waiting'):,.0f} waiting"),
        }
        for stage in ORDER:
            if stage not in now.statuses:
                continue
            counter, words = rows[stage]
            table.add_row(
                stage, now.statuses[stage], f"{now.value(stage, counter):,.0f}", f"{self.rate(stage, counter):,.0f}",
                f"{lags[stage]:,.0f}", words,
            )  # fmt: skip
        parts.append(table)
        if now.sources:
            parts.append(Text(f"{now.sources}: newsquake sources check says why", style="bold yellow"))
        if now.watermark and now.watermark > 0:
            parts.append(Text(f"event time {iso(now.watermark)}   alerts fired {now.fired}", style="bold"))
        colours = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}
        for alert in now.alerts:
            parts.append(
                Text(
                    f"  {iso(alert.onset)}  {alert.severity:<8} {alert.state:<8} {alert.series}  ({alert.rule})",
                    style=colours.get(alert.severity, ""),
                )
            )
        if self.address:
            parts.append(
                Text.assemble("dashboard ", (self.address, "bold underline"), "   Ctrl-C ends everything")
            )
        parts += [Text(note, style="yellow") for note in self._notes[-3:]]
        return Panel(Group(*parts), title="Newsquake", border_style="blue")

    def _dropped(self) -> float:
        now = self.newest
        return (
            now.value("ingest", "dead") + now.value("ingest", "duplicates") + now.value("classifier", "dead")
        )
