"""Echoes: topics that report the incident of a true alarm; an incident on a company is news of its topics too.

Nobody disposes of what a topic made of it, as nothing need have fired there. So the articles decide: a topic
more than half of whose articles, from the alarm's first window to its end, are the alarm's own reports the same
incident. Its peaks are then no proof that p-values are wrong (alerts/thresholds/fitting.py).
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
ArticlesWithin = Callable[[Collection[str], int, int, int | None], Mapping[str, Collection[str]]]
"""(series, from, to, most) -> series -> ids of its articles in the panes that begin in [from, to), epoch ms;
series that have more than `most` may be left out."""

MOST = 0.5
"""A topic is an echo where the alarm's articles are more than this share of its own."""
ECHO_SERIES = tuple(f"topic:{topic}{language}" for topic in TOPICS for language in ("", "@en", "@zh"))


def echoes(
    true_alarms: Mapping[str, Sequence[Alarm]], windows: Mapping[str, int], within: ArticlesWithin
) -> list[Alarm]:
    """Return (topic, from, to) of the echoes of `true_alarms` (rule id -> alarms), until a window after their ends.

    `windows`: rule id -> window in ms; what other rules call an alarm (immediate ones, outages) has none, and
    no echo.
    """
    found = []
    for rule, alarms in true_alarms.items():
        window = windows.get(rule)
        if window is None:
            continue
        for series, start, end in alarms:
            own = set(within((series,), start - window, end, None).get(series, ()))
            # Of a topic with more than that, the alarm's cannot be most.
            found_on = within(ECHO_SERIES, start - window, end, int(len(own) / MOST)) if own else {}
            found += [
                (topic, start, end + window)
                for topic in ECHO_SERIES
                if topic != series and _mostly(own, found_on.get(topic, ()))
            ]
    return found


def _mostly(own: set[str], articles: Collection[str]) -> bool:
    return sum(article in own for article in articles) > MOST * len(articles)


def articles_in_store(connection: Connection, desk: str) -> ArticlesWithin:
    """Return the ArticlesWithin of a desk's panes in its store; it raises what the connection raises."""

    def within(
        series: Collection[str], start: int, end: int, most: int | None
    ) -> Mapping[str, Collection[str]]:
        panes = tables.panes.c
        asked = panes.desk == desk, panes.start >= start, panes.start < end
        if most is not None:  # counted first: reading every topic's articles of a day takes a second
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


class PaneArticles:
    """The articles of panes as a desk closes them: for a backtest, which has no store."""

    def __init__(self) -> None:
        self._panes: dict[str, list[tuple[int, list[str]]]] = defaultdict(list)

    def add(self, panes: Iterable[ClosedPane]) -> None:
        """Add the articles of these closed panes."""
        for pane in panes:
            articles = [observation.article for observation in pane.observations]
            self._panes[pane.window.series].append((pane.window.start, articles))

    def within(
        self, series: Collection[str], start: int, end: int, most: int | None = None
    ) -> Mapping[str, Collection[str]]:
        """Return what ArticlesWithin says, of every series asked for."""
        return {
            name: [one for at, articles in self._panes.get(name, ()) if start <= at < end for one in articles]
            for name in series
        }
