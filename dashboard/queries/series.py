"""Series over time: which there are, their counts by slot, and what the rules found unusual.

Panes are added up in SQL along their primary key (desk, series, start), so a page costs what it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, func, select, text

from alerts.interfaces.figures import SeriesFigures, between
from alerts.windows.observations import Observation
from alerts.windows.panes import decode
from alerts.windows.statistics import sentiment_sums
from core.store import Store
from core.tables import desks, findings, panes
from dashboard.period import Period
from dashboard.queries.frames import frame

_SUMS = ("articles", "stories", "publishers", "negative", "decided", "sentiment_sum")

_NAMES = text(
    # Hops from name to name along the primary key instead of reading every pane.
    """WITH RECURSIVE hop(series) AS (
         SELECT min(series) FROM panes WHERE desk = :desk
         UNION ALL
         SELECT (SELECT min(series) FROM panes WHERE desk = :desk AND series > hop.series)
         FROM hop WHERE hop.series IS NOT NULL
       ) SELECT series FROM hop WHERE series IS NOT NULL"""
)


_SAID = (
    findings.c.at,
    findings.c.statistic,
    findings.c.p_value,
    findings.c.observed,
    findings.c.expected,
    findings.c.low,
    findings.c.high,
    findings.c.breach,
)
"""What a detector said of a window."""


@dataclass(frozen=True)
class DeskState:
    """Where a desk stands. `first`, `now`: event time; both 0 while there is nothing."""

    desk: str
    first: int
    now: int
    rules_version: str


def desk_state(store: Store, wanted: str) -> DeskState:
    """The desk called `wanted`, or the only one there is. `now` is its watermark, at least its last pane's end."""
    with store.read() as connection:
        rows = connection.execute(select(desks.c.desk, desks.c.watermark, desks.c.rules_version)).all()
        row = next((row for row in rows if row.desk == wanted), rows[0] if len(rows) == 1 else None)
        desk = row.desk if row else wanted
        first, last = connection.execute(
            select(func.min(panes.c.start), func.max(panes.c.end)).where(
                panes.c.desk == desk, panes.c.series == "all"
            )
        ).one()
    if first is None:
        return DeskState(desk, 0, 0, row.rules_version if row else "")
    now = max(last, row.watermark) if row else last
    return DeskState(desk, first, now, row.rules_version if row else "")


def names(store: Store, desk: str) -> list[str]:
    """Every series of the desk, sorted."""
    with store.read() as connection:
        return list(connection.execute(_NAMES, {"desk": desk}).scalars())


def _slot(column: ColumnElement[int], width: int) -> ColumnElement[int]:
    return column - column % width


def by_slot(store: Store, desk: str, series: Sequence[str], period: Period) -> pd.DataFrame:
    """series, slot, and the sums of its panes: one row per slot with data."""
    slot = _slot(panes.c.start, period.width).label("slot")
    # PostgreSQL sums bigint to numeric, which would arrive as Decimal.
    sums = [cast(func.sum(panes.c[name]), BigInteger).label(name) for name in _SUMS]
    return frame(
        store,
        select(panes.c.series, slot, *sums)
        .where(
            panes.c.desk == desk,
            panes.c.series.in_(series),
            panes.c.start >= period.start,
            panes.c.start < period.end,
        )
        .group_by(panes.c.series, slot)
        .order_by(panes.c.series, slot),
    )


def negative_stories(store: Store, desk: str, series: str, period: Period) -> pd.DataFrame:
    """slot, negative: how many stories of the series were negative in each slot, a story of several panes once."""
    told: dict[int, list[Observation]] = {}
    query = select(panes.c.start, panes.c.state).where(
        panes.c.desk == desk,
        panes.c.series == series,
        panes.c.start >= period.start,
        panes.c.start < period.end,
    )
    with store.read() as connection:
        for start, state in connection.execute(query):
            told.setdefault(start - start % period.width, []).extend(decode(state))
    rows = [(slot, sentiment_sums(found).negative) for slot, found in sorted(told.items())]
    return pd.DataFrame(rows, columns=["slot", "negative"])


def now_and_before(
    store: Store, desk: str, series: Sequence[str], start: int, split: int, end: int
) -> pd.DataFrame:
    """Per series the sums over [split, end) as `…_now` and over [start, split) as `…_before`."""
    recent = panes.c.start >= split
    columns = []
    for name in ("articles", "negative", "decided", "sentiment_sum"):
        now, before = case((recent, panes.c[name]), else_=0), case((recent, 0), else_=panes.c[name])
        columns.append(cast(func.sum(now), BigInteger).label(f"{name}_now"))
        columns.append(cast(func.sum(before), BigInteger).label(f"{name}_before"))
    return frame(
        store,
        select(panes.c.series, *columns)
        .where(panes.c.desk == desk, panes.c.series.in_(series), panes.c.start >= start, panes.c.start < end)
        .group_by(panes.c.series),
    )


def figures(store: Store, desk: str, series: str, start: int, end: int) -> SeriesFigures:
    """Every figure of the series over [start, end), with its interval."""
    with store.read() as connection:
        return between(connection, desk, series, start, end)


def rules_of(store: Store, desk: str, series: str) -> list[str]:
    """The rules that have judged the series, the one that found it most unusual first."""
    with store.read() as connection:
        return list(
            connection.execute(
                select(findings.c.rule)
                .where(findings.c.desk == desk, findings.c.series == series)
                .group_by(findings.c.rule)
                .order_by(func.max(findings.c.statistic).desc(), findings.c.rule)
            ).scalars()
        )


def findings_by_slot(store: Store, desk: str, rule: str, series: str, period: Period) -> pd.DataFrame:
    """Per slot the rule's most unusual finding: slot, at, statistic, p_value, observed, expected, low, high, breach."""
    where = and_(
        findings.c.desk == desk,
        findings.c.rule == rule,
        findings.c.series == series,
        findings.c.at > period.start,
        findings.c.at <= period.end,
    )
    # A finding at `at` speaks of the time before it.
    slot = _slot(findings.c.at - 1, period.width).label("slot")
    rank = func.row_number().over(
        partition_by=_slot(findings.c.at - 1, period.width),
        order_by=(findings.c.statistic.desc(), findings.c.at),
    )
    ranked = select(slot, *_SAID, rank.label("rank")).where(where)
    inner = ranked.subquery()
    return frame(store, select(inner).where(inner.c.rank == 1).order_by(inner.c.slot)).drop(columns="rank")


def most_unusual(store: Store, desk: str, start: int, end: int, limit: int = 200) -> pd.DataFrame:
    """Per series its most unusual finding in (start, end], the most unusual first."""
    rank = func.row_number().over(
        partition_by=findings.c.series, order_by=(findings.c.statistic.desc(), findings.c.at)
    )
    inner = (
        select(findings.c.series, findings.c.rule, *_SAID, rank.label("rank"))
        .where(findings.c.desk == desk, findings.c.at > start, findings.c.at <= end)
        .subquery()
    )
    return frame(
        store,
        select(inner)
        .where(inner.c.rank == 1)
        .order_by(inner.c.statistic.desc(), inner.c.series)
        .limit(limit),
    ).drop(columns="rank")
