"""The figures of one window of a series, from the stored panes: each with its interval, NA below a minimum.

Used by `newsquake alerts figures`, by `GET /v1/series/NAME` with `window`, and by the dashboard's series page; computed
by alerts/windows/statistics.py. Nothing is cached: panes as decided never change and hold every observation. A window
all of whose sources were broken since before it began is NA throughout (alerts/engine/source_coverage.py), and so is
one that ends before the desk's first pane: no source was read then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from alerts.engine.source_coverage import SourceCoverage
from alerts.errors import InvalidArgument
from alerts.lifecycle.alert_line import round_significant
from alerts.windows.panes import decode
from alerts.windows.statistics import MIN_STORIES, NA, Estimate, figures
from core.errors import ConfigError
from core.tables import desks, panes
from core.times import DAY, MINUTE, format_span, iso


class UnknownSeries(ConfigError):
    """The desk has no pane of a series of this name."""


LONGEST = 60 * DAY
"""The longest window, as of a rule: it bounds what the store reads for one request."""


@dataclass(frozen=True)
class SeriesFigures:
    """All figures of a series over [start, end), epoch ms."""

    series: str
    start: int
    end: int
    observed: bool
    """False where none of its sources was read: then all figures are NA."""
    figures: dict[str, Estimate]

    def as_json(self) -> dict[str, Any]:
        """Return the figures as JSON values; null is NA."""
        return {
            "series": self.series,
            "start": iso(self.start),
            "end": iso(self.end),
            "observed": self.observed,
            "least_stories": MIN_STORIES,
            "figures": {
                name: {
                    "value": round_significant(one.value),
                    "low": round_significant(one.low),
                    "high": round_significant(one.high),
                    "n": round_significant(one.n),
                }
                for name, one in self.figures.items()
            },
        }


def figures_of(
    connection: Connection, desk: str, series: str, window_ms: int, pane_ms: int, at: int | None = None
) -> SeriesFigures:
    """Return the figures of the window that ends at `at` (default: the newest decided time), on pane borders.

    Raises ConfigError for a window that is too short or too long and for a time that is not decided yet, UnknownSeries
    for a series that the desk does not know.
    """
    if not max(pane_ms, MINUTE) <= window_ms <= LONGEST:
        raise InvalidArgument(
            "window", "expected between 1m and 60d (and no shorter than a pane)", format_span(window_ms)
        )
    mine = (panes.c.desk == desk) & (panes.c.series == series)
    if connection.execute(select(panes.c.start).where(mine).limit(1)).first() is None:
        raise UnknownSeries(f"desk {desk!r} knows no series {series[:200]!r}")
    decided = _decided_until(connection, desk)
    if at is None:
        at = decided
    elif at - pane_ms >= decided:
        raise InvalidArgument(
            "to", f"desk {desk!r} has decided until {iso(decided)}, nothing later yet", iso(at)
        )
    end = at - at % pane_ms
    return between(connection, desk, series, end - -(-window_ms // pane_ms) * pane_ms, end)


def between(connection: Connection, desk: str, series: str, start: int, end: int) -> SeriesFigures:
    """Return the figures over [start, end), epoch ms, both pane borders. Raises StoreUnavailable."""
    state = connection.execute(select(desks.c.state).where(desks.c.desk == desk)).scalar()
    query = (
        select(panes.c.state)
        .where(panes.c.desk == desk, panes.c.series == series, panes.c.start >= start, panes.c.start < end)
        .order_by(panes.c.start)
    )
    observations = [one for (stored,) in connection.execute(query) for one in decode(stored)]
    known = figures(observations, start, end)
    observed = not _before_all(connection, desk, end) and _observed(
        state or b"", series, start, {one.source for one in observations}
    )
    return SeriesFigures(series, start, end, observed, known if observed else dict.fromkeys(known, NA))


def _before_all(connection: Connection, desk: str, end: int) -> bool:
    """Whether the desk's first pane begins at or after `end`; the series `all` has a pane wherever any has one."""
    first = select(func.min(panes.c.start)).where(panes.c.desk == desk, panes.c.series == "all")
    began = connection.execute(first).scalar()
    return began is not None and end <= began


def _observed(state: bytes, series: str, start: int, sources: set[str]) -> bool:
    if not state:
        return True
    coverage = SourceCoverage()
    coverage.load(msgspec.msgpack.decode(state)["unread"])
    return coverage.observed(series, start, sources)


def _decided_until(connection: Connection, desk: str) -> int:
    """Return until when the desk has decided (epoch ms): its watermark, else the end of its last pane, else 0."""
    watermark = connection.execute(select(desks.c.watermark).where(desks.c.desk == desk)).scalar()
    if watermark:
        return int(watermark)
    last = select(panes.c.end).where(panes.c.desk == desk).order_by(panes.c.start.desc()).limit(1)
    return int(connection.execute(last).scalar() or 0)
