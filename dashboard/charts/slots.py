"""The time axis that all charts share: an ordered list of slots, with or without those that have no news."""

from __future__ import annotations

from collections.abc import Callable

import altair as alt
import pandas as pd

from core.times import DAY
from dashboard.period import Period

Translate = Callable[[str], str]
MOST_TICKS = 9


def slots_shown(period: Period, covered: pd.Series, skip_gaps: bool) -> list[int]:
    """The slots to draw: all from the first to the last that has news, or only those with news."""
    with_news = sorted({int(slot) for slot in covered})
    if not with_news or skip_gaps:
        return with_news
    return [slot for slot in period.slots if with_news[0] <= slot <= with_news[-1]]


def spread(frame: pd.DataFrame, shown: list[int], period: Period) -> pd.DataFrame:
    """One row per shown slot (absent ones NaN), with its label."""
    whole = pd.DataFrame({"slot": shown}).merge(frame, on="slot", how="left")
    return whole.assign(label=[period.label(slot) for slot in shown])


def known(frame: pd.DataFrame, column: str, period: Period) -> pd.DataFrame:
    """The rows where `column` is not NA, with `run`: a new number behind every gap, since no line may span one."""
    rows = frame[frame[column].notna()].sort_values("slot")
    return rows.assign(run=(rows["slot"].diff() > period.width).cumsum())


def time_axis(shown: list[int], period: Period, *, labels: bool = True) -> alt.X:
    """The x encoding by label, in the order of time, with a few ticks in full."""
    names = [period.label(slot) for slot in shown]
    days = list(dict.fromkeys(name[:10] for name in names))
    if period.width < DAY and len(days) > 2:
        first = {name[:10]: name for name in reversed(names)}
        ticks, short = [first[day] for day in days], "slice(datum.label, 0, 10)"
    else:
        ticks, short = (
            names,
            "datum.label" if period.width >= DAY or len(days) > 1 else "slice(datum.label, 11)",
        )
    ticks = ticks[:: max(1, -(-len(ticks) // MOST_TICKS))]
    # Neither flush nor by parity: one label that overlaps its neighbour would remove every other one.
    axis = alt.Axis(
        values=ticks, labelExpr=short, labelAngle=0, title=None, labels=labels, ticks=labels,
        labelOverlap="greedy", labelSeparation=6, labelFlush=False, domain=False, grid=False,
    )  # fmt: skip
    return alt.X(
        "label:O", sort=names, axis=axis, scale=alt.Scale(domain=names, paddingInner=0.08, paddingOuter=0.02)
    )
