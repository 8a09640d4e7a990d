"""Windows of any length from panes: figures of the union of what the panes hold.

Only series that a rule watches are kept in memory, and only as far back as the longest window of those rules.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from alerts.observations import Observation, divide
from alerts.records import Window


def measure(
    series: str, start: int, end: int, observations: Sequence[Observation], observed: bool = True
) -> Window:
    """The figures of these observations as one window: stories and publishers counted once each.

    A story is decided where any of its articles is, negative where most of those are, and its sentiment is their mean.
    """
    if len(observations) == 1:
        one = observations[0]
        decided, sentiment = one[5], one[7]
        negative = 1 if one[6] < 0 else 0
        return Window(
            series, start, end, 1, 1, 1, decided, negative, sentiment, sentiment * sentiment, observed
        )
    publishers: set[str] = set()
    tallies: dict[str, list[int]] = {}
    articles = 0
    for observation in observations:
        articles += 1
        publishers.add(observation[3])
        tally = tallies.get(observation[2])
        if tally is None:
            tallies[observation[2]] = tally = [0, 0, 0]
        if observation[5]:
            tally[0] += 1
            if observation[6] < 0:
                tally[1] += 1
            tally[2] += observation[7]
    decided = negative = total = squares = 0
    for count, bad, sentiment in tallies.values():
        if count:
            decided += 1
            if 2 * bad > count:
                negative += 1
            mean = sentiment if count == 1 else divide(sentiment, count)
            total += mean
            squares += mean * mean
    return Window(
        series,
        start,
        end,
        articles,
        len(tallies),
        len(publishers),
        decided,
        negative,
        total,
        squares,
        observed,
    )


class Windows:
    """The recent panes of every watched series, in order of time."""

    def __init__(self) -> None:
        self._panes: dict[str, tuple[list[int], list[Sequence[Observation]]]] = {}

    def __len__(self) -> int:
        return len(self._panes)

    def add(self, series: str, start: int, observations: Sequence[Observation]) -> None:
        """A pane closed. Panes of one series come in order of `start`."""
        held = self._panes.get(series)
        if held is None:
            self._panes[series] = held = ([], [])
        held[0].append(start)
        held[1].append(observations)

    def within(self, series: str, start: int, end: int) -> list[Observation]:
        """Every observation of the series in [start, end), both pane borders."""
        held = self._panes.get(series)
        if held is None:
            return []
        starts, panes = held
        inside = panes[bisect_left(starts, start) : bisect_left(starts, end)]
        return list(inside[0]) if len(inside) == 1 else [one for pane in inside for one in pane]

    def forget(self, series: str, before: int) -> None:
        """Drop panes that start before `before`."""
        held = self._panes.get(series)
        if held is None:
            return
        gone = bisect_left(held[0], before)
        if gone == len(held[0]):
            del self._panes[series]
        elif gone:
            del held[0][:gone], held[1][:gone]
