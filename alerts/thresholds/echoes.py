"""What topics tell while an alarm runs that people called true: an incident on a company is news of its topics too.

Nobody disposes of what a topic made of it, as nothing need have fired there. So the articles are asked: a topic more
than half of whose articles, from the alarm's first window to its end, are the alarm's own tells of the same thing. Its
peaks are then no proof that p-values lie (alerts/thresholds/budget.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection, func, select

from alerts.windows.panes import ClosedPane, decode
from core import tables
from core.records import TOPICS

Alarm = tuple[str, int, int]
"""(series, from, to), in ms."""
Within = Callable[[Collection[str], int, int, int | None], Mapping[str, Collection[str]]]
"""(series, from, to, most) -> series -> ids of its articles in the panes that begin in [from, to); of series that have
more than `most` it need not tell."""

MOST = 0.5
TOLD_ON = tuple(f"topic:{topic}{language}" for topic in TOPICS for language in ("", "@en", "@zh"))


def echoes(
    true_alarms: Mapping[str, Sequence[Alarm]], windows: Mapping[str, int], within: Within
) -> list[Alarm]:
    """Where and when topics tell of `true_alarms` (rule -> alarms), until a window after their ends.

    `windows`: of the rules; what other rules call an alarm (immediate ones, outages) has none, and no echo.
    """
    found = []
    for rule, alarms in true_alarms.items():
        window = windows.get(rule)
        if window is None:
            continue
        for series, start, end in alarms:
            own = set(within((series,), start - window, end, None).get(series, ()))
            # Of a topic with more than that, the alarm's cannot be most.
            told = within(TOLD_ON, start - window, end, int(len(own) / MOST)) if own else {}
            found += [
                (topic, start, end + window)
                for topic in TOLD_ON
                if topic != series and _mostly(own, told.get(topic, ()))
            ]
    return found


def _mostly(own: set[str], told: Collection[str]) -> bool:
    return sum(article in own for article in told) > MOST * len(told)


def in_store(connection: Connection, desk: str) -> Within:
    """`within` of a desk's panes in its store."""

    def within(
        series: Collection[str], start: int, end: int, most: int | None
    ) -> Mapping[str, Collection[str]]:
        panes = tables.panes.c
        asked = panes.desk == desk, panes.start >= start, panes.start < end
        if most is not None:  # counted first: reading what every topic tells in a day takes a second
            few = select(panes.series).where(*asked, panes.series.in_(series)).group_by(panes.series)
            series = connection.execute(few.having(func.sum(panes.articles) <= most)).scalars().all()
        query = (
            select(panes.series, panes.state)
            .where(*asked, panes.series.in_(series))
            .order_by(panes.series, panes.start)
        )
        found: dict[str, list[str]] = defaultdict(list)
        for name, state in connection.execute(query):
            found[name] += [observation.article for observation in decode(state)]
        return found

    return within


class Heard:
    """`within` of panes as a desk closes them, for a backtest, which has no store."""

    def __init__(self) -> None:
        self._panes: dict[str, list[tuple[int, list[str]]]] = defaultdict(list)

    def take(self, panes: Iterable[ClosedPane]) -> None:
        """Remember who wrote what, and when."""
        for pane in panes:
            articles = [observation.article for observation in pane.observations]
            self._panes[pane.window.series].append((pane.window.start, articles))

    def within(
        self, series: Collection[str], start: int, end: int, most: int | None = None
    ) -> Mapping[str, Collection[str]]:
        """See `Within`; tells of all."""
        return {
            name: [one for at, articles in self._panes.get(name, ()) if start <= at < end for one in articles]
            for name in series
        }
