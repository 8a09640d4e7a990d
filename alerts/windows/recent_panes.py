"""The recent panes of every series that a rule watches, and windows of any length over them.

Panes are kept as far back as the longest window of the rules. A window with many panes is kept rolling: what enters is
added, what leaves is taken away, so that a window costs what came and went since the last one and not what it holds.
"""

from __future__ import annotations

from bisect import bisect_left

from alerts.records import Window
from alerts.windows.observations import Observation
from alerts.windows.rolling import Panes, Rolling, measure

MUCH = 4
"""Panes in a window from which on it is kept rolling; below, adding them up afresh is as fast and takes no memory."""
FEW = 32
"""Panes of a series up to which its articles are counted as they come."""
UNCOUNTED = 1 << 60
"""Returned by `add` for a series with more than FEW panes."""


class _RollingWindow:
    """The figures of a rolling window, and the numbers of its panes, counted from the first pane ever added."""

    __slots__ = ("figures", "first", "last")

    def __init__(self, panes: Panes, first: int, last: int) -> None:
        self.first, self.last = first, last
        self.figures = Rolling()
        self.figures.add(panes)


class _SeriesPanes:
    """A series' panes in order of time, how many were forgotten, and its rolling windows by length in ms."""

    __slots__ = ("forgotten", "panes", "starts", "windows")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.panes: list[list[Observation]] = []
        self.forgotten = 0
        self.windows: dict[int, _RollingWindow] | None = None


class RecentPanes:
    """The recent panes of every watched series."""

    def __init__(self) -> None:
        self._by_series: dict[str, _SeriesPanes] = {}

    def __len__(self) -> int:
        return len(self._by_series)

    def add(self, series: str, start: int, observations: list[Observation]) -> int:
        """Add a closed pane; panes of one series come in order of `start` (epoch ms).

        Returns an upper bound of the articles of the series that are kept: their number while there are at most FEW
        panes, else UNCOUNTED.
        """
        held = self._by_series.get(series)
        if held is None:
            self._by_series[series] = held = _SeriesPanes()
        panes = held.panes
        held.starts.append(start)
        panes.append(observations)
        if len(panes) > FEW:
            return UNCOUNTED
        number = 0
        for pane in panes:
            number += len(pane)
        return number

    def observations(self, series: str, start: int, end: int) -> list[Observation]:
        """Return every observation of the series in [start, end) in order of panes; both ends are pane borders."""
        return [one for pane in self._inside(series, start, end) for one in pane]

    def sources(self, series: str, start: int, end: int) -> set[str]:
        """Return the names of the sources of the articles in [start, end)."""
        return {one.source for pane in self._inside(series, start, end) for one in pane}

    def holds_fewer(self, series: str, start: int, end: int, number: int) -> bool:
        """Return whether [start, end) (epoch ms) holds fewer than `number` articles, without building the window."""
        held = self._by_series.get(series)
        if held is None:
            return number > 0
        starts = held.starts
        first = bisect_left(starts, start)
        last = bisect_left(starts, end, first)
        return last - first < number and sum(map(len, held.panes[first:last])) < number

    def fills_fast(self, series: str, start: int, since: int, end: int, least: int, part: int) -> bool:
        """Return whether [start, end) holds at least `least` articles, at least one in `part` of them in [since, end).

        `end` must not lie before the newest pane's end: everything from `start` on is counted.
        """
        held = self._by_series.get(series)
        if held is None:
            return False
        starts, panes = held.starts, held.panes
        recent = sum(map(len, panes[bisect_left(starts, since) :]))
        first = bisect_left(starts, start)
        if len(starts) - first > part * recent:  # no pane is without articles
            return False
        whole = sum(map(len, panes[first:]))
        return least <= whole <= part * recent

    def window(self, series: str, start: int, end: int, observed: bool = True) -> Window:
        """Return the figures of [start, end); both ends are pane borders. Cheapest where reads go forward in time."""
        held = self._by_series.get(series)
        if held is None:
            return Window(series, start, end, observed=observed)
        first, last = self._ends(held, start, end)
        return self._of(held, series, start, end, first, last, observed)

    @staticmethod
    def _ends(held: _SeriesPanes, start: int, end: int) -> tuple[int, int]:
        """Which panes are in [start, end): from where the last window of this length was, where it was not later."""
        starts = held.starts
        kept = held.windows.get(end - start) if held.windows is not None else None
        if kept is not None:
            number = len(starts)
            first, last = kept.first - held.forgotten, kept.last - held.forgotten
            if not (first and starts[first - 1] >= start) and not (last and starts[last - 1] >= end):
                while first < number and starts[first] < start:
                    first += 1
                while last < number and starts[last] < end:
                    last += 1
                return first, last
        first = bisect_left(starts, start)
        return first, bisect_left(starts, end, first)

    def _of(
        self, held: _SeriesPanes, series: str, start: int, end: int, first: int, last: int, observed: bool
    ) -> Window:
        """The figures of [start, end), which are the panes first..last."""
        panes = held.panes
        if last - first < MUCH:
            if held.windows is not None:
                held.windows.pop(end - start, None)
            if first == last:
                return Window(series, start, end, observed=observed)
            if last - first == 1:
                return measure(series, start, end, panes[first], observed)
            rolling = Rolling()
            rolling.add(panes[first:last])
            return rolling.window(series, start, end, observed)
        return self._roll(held, first, last, end - start).window(series, start, end, observed)

    def window_and_previous(
        self, series: str, start: int, end: int, hop_ms: int, least: int, observed: bool
    ) -> tuple[Window, Window] | None:
        """Return (`window` of [start, end), `window` of the `hop_ms` before `start`).

        None where the hop before is empty and the window holds fewer articles than `least`.
        """
        held = self._by_series.get(series)
        before = start - hop_ms
        if held is None:
            if least > 0:
                return None
            return (
                Window(series, start, end, observed=observed),
                Window(series, before, start, observed=observed),
            )
        starts, panes = held.starts, held.panes
        first, last = self._ends(held, start, end)
        begin = first
        while begin and starts[begin - 1] >= before:
            begin -= 1
        if begin == first and last - first < least and sum(map(len, panes[first:last])) < least:
            return None
        return (
            self._of(held, series, start, end, first, last, observed),
            self._of(held, series, before, start, begin, first, observed),
        )

    def forget(self, series: str, before: int) -> None:
        """Drop the panes of `series` that start before `before` (epoch ms)."""
        held = self._by_series.get(series)
        if held is None or not held.starts or held.starts[0] >= before:
            return
        gone = bisect_left(held.starts, before)
        if gone == len(held.starts):
            del self._by_series[series]
            return
        del held.starts[:gone], held.panes[:gone]
        held.forgotten += gone
        if held.windows is not None:
            # A rolling window that still holds a forgotten pane cannot take it out again: it begins afresh.
            held.windows = {
                length: one for length, one in held.windows.items() if one.first >= held.forgotten
            }

    def _inside(self, series: str, start: int, end: int) -> Panes:
        held = self._by_series.get(series)
        if held is None:
            return []
        return held.panes[bisect_left(held.starts, start) : bisect_left(held.starts, end)]

    @staticmethod
    def _roll(held: _SeriesPanes, first: int, last: int, length: int) -> Rolling:
        """The rolling window of this length, moved to the panes first..last."""
        if held.windows is None:
            held.windows = {}
        kept, gone, panes = held.windows.get(length), held.forgotten, held.panes
        if kept is None or not kept.first <= first + gone <= kept.last <= last + gone:
            held.windows[length] = kept = _RollingWindow(panes[first:last], first + gone, last + gone)
            return kept.figures
        if kept.last < last + gone:
            kept.figures.add(panes[kept.last - gone : last])
            kept.last = last + gone
        if kept.first < first + gone:
            kept.figures.drop(panes[kept.first - gone : first])
            kept.first = first + gone
        return kept.figures
