"""Windows of any length from panes: figures of the union of what the panes hold.

Only series that a rule watches are kept in memory, and only as far back as the longest window of those rules. A window
with much in it is kept rolling: what enters is added, what leaves is taken away, so that a window costs what came and
went since the last one and not what the window holds. All figures are integers, so both ways give the same ones.
"""

from __future__ import annotations

from bisect import bisect_left

from alerts.records import Window
from alerts.windows.observations import Observation, divide

MUCH = 4
"""Panes in a window from which on it is kept rolling; below, adding them up afresh is as fast and takes no memory."""
FEW = 32
"""Panes of a series up to which its articles are counted as they come."""
UNCOUNTED = 1 << 60
Panes = list[list[Observation]]


class Tally:
    """Of a story's articles in a window. Compiled, its numbers stand in it, and not about it."""

    __slots__ = ("articles", "decided", "negative", "positive", "sentiment")

    def __init__(self, decided: int, negative: int, sentiment: int, positive: int) -> None:
        self.articles = 1
        self.decided = decided
        self.negative = negative
        self.sentiment = sentiment
        self.positive = positive


class Rolling:
    """The union of some panes' observations, to which panes are added and from which they are taken.

    A story has a tally, a publisher the number of its articles; what no article is left of is forgotten.
    """

    __slots__ = ("articles", "decided", "negative", "positive", "publishers", "squares", "stories", "total")

    def __init__(self) -> None:
        self.stories: dict[str, Tally] = {}
        self.publishers: dict[str, int] = {}
        self.articles = self.decided = self.negative = self.positive = self.total = self.squares = 0

    def add(self, panes: Panes) -> None:
        """Take in what these panes hold."""
        stories, publishers = self.stories, self.publishers
        decided = negative = positive = total = squares = 0
        for pane in panes:
            self.articles += len(pane)
            for one in pane:
                # By place, not unpacked: where there are many series nothing of an observation is in the processor's
                # cache, and what is not needed is not touched.
                story, publisher, sure, label, sentiment = one[2], one[3], one[5], one[6], one[7]
                publishers[publisher] = publishers.get(publisher, 0) + 1
                tally = stories.get(story)
                if tally is None:
                    if sure:
                        bad = 1 if label < 0 else 0
                        good = 1 if label > 0 else 0
                        stories[story] = Tally(1, bad, sentiment, good)
                        decided += 1
                        negative += bad
                        positive += good
                        total += sentiment
                        squares += sentiment * sentiment
                    else:
                        stories[story] = Tally(0, 0, 0, 0)
                    continue
                tally.articles += 1
                if sure:
                    self._count(tally, -1)
                    tally.decided += 1
                    tally.sentiment += sentiment
                    if label < 0:
                        tally.negative += 1
                    elif label > 0:
                        tally.positive += 1
                    self._count(tally, 1)
        self.decided += decided
        self.negative += negative
        self.positive += positive
        self.total += total
        self.squares += squares

    def drop(self, panes: Panes) -> None:
        """Give back what these panes hold; they were added before."""
        stories, publishers = self.stories, self.publishers
        for pane in panes:
            self.articles -= len(pane)
            for one in pane:
                story, publisher = one[2], one[3]
                left = publishers[publisher] - 1
                if left:
                    publishers[publisher] = left
                else:
                    del publishers[publisher]
                tally = stories[story]
                if tally.articles == 1:  # its last article, which was added alone or is what the others left
                    self._count(tally, -1)
                    del stories[story]
                    continue
                if one[5]:
                    label, sentiment = one[6], one[7]
                    self._count(tally, -1)
                    tally.decided -= 1
                    tally.sentiment -= sentiment
                    if label < 0:
                        tally.negative -= 1
                    elif label > 0:
                        tally.positive -= 1
                    self._count(tally, 1)
                tally.articles -= 1

    def _count(self, tally: Tally, sign: int) -> None:
        """Add (or take away) one story's part of the sums over stories."""
        count = tally.decided
        if count:
            self.decided += sign
            if 2 * tally.negative > count:
                self.negative += sign
            elif 2 * tally.positive > count:
                self.positive += sign
            mean = tally.sentiment if count == 1 else divide(tally.sentiment, count)
            self.total += sign * mean
            self.squares += sign * mean * mean

    def window(self, series: str, start: int, end: int, observed: bool = True) -> Window:
        """The figures, as of [start, end)."""
        return Window(
            series,
            start,
            end,
            self.articles,
            len(self.stories),
            len(self.publishers),
            self.decided,
            self.negative,
            self.total,
            self.squares,
            observed,
            self.positive,
        )


def measure(
    series: str, start: int, end: int, observations: list[Observation], observed: bool = True
) -> Window:
    """The figures of these observations as one window: stories and publishers counted once each.

    A story is decided where any of its articles is, negative where most of those are, and its sentiment is their mean.
    """
    if len(observations) == 1:
        one = observations[0]
        sentiment = one[7]
        bad = 1 if one[6] < 0 else 0
        good = 1 if one[6] > 0 else 0
        return Window(
            series, start, end, 1, 1, 1, one[5], bad, sentiment, sentiment * sentiment, observed, good
        )
    rolling = Rolling()
    rolling.add([observations])
    return rolling.window(series, start, end, observed)


def renamed(window: Window, series: str) -> Window:
    """The same figures of another series."""
    return Window(
        series,
        window.start,
        window.end,
        window.articles,
        window.stories,
        window.publishers,
        window.decided,
        window.negative,
        window.sentiment_sum,
        window.sentiment_squares,
        window.observed,
        window.positive,
    )


class _Kept:
    """A rolling window, and the panes in it, as numbers that stay when earlier panes are forgotten."""

    __slots__ = ("first", "last", "rolling")

    def __init__(self, panes: Panes, first: int, last: int) -> None:
        self.first, self.last = first, last
        self.rolling = Rolling()
        self.rolling.add(panes)


class _Held:
    """A series' panes, in order of time, how many were forgotten, and its rolling windows by length."""

    __slots__ = ("gone", "kept", "panes", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.panes: list[list[Observation]] = []
        self.gone = 0
        self.kept: dict[int, _Kept] | None = None


class Windows:
    """The recent panes of every watched series."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    def add(self, series: str, start: int, observations: list[Observation]) -> int:
        """A pane closed. Panes of one series come in order of `start`. Returns how many articles of the series are held
        at the most."""
        held = self._held.get(series)
        if held is None:
            self._held[series] = held = _Held()
        panes = held.panes
        held.starts.append(start)
        panes.append(observations)
        if len(panes) > FEW:
            return UNCOUNTED
        number = 0
        for pane in panes:
            number += len(pane)
        return number

    def within(self, series: str, start: int, end: int) -> list[Observation]:
        """Every observation of the series in [start, end), both pane borders."""
        return [one for pane in self._inside(series, start, end) for one in pane]

    def sources(self, series: str, start: int, end: int) -> set[str]:
        """Sources of the articles in [start, end)."""
        return {one.source for pane in self._inside(series, start, end) for one in pane}

    def fewer(self, series: str, start: int, end: int, number: int) -> bool:
        """Whether [start, end) holds fewer articles than `number`, found without adding anything up."""
        held = self._held.get(series)
        if held is None:
            return number > 0
        starts = held.starts
        first = bisect_left(starts, start)
        last = bisect_left(starts, end, first)
        return last - first < number and sum(map(len, held.panes[first:last])) < number

    def crowds(self, series: str, start: int, since: int, end: int, least: int, part: int) -> bool:
        """Whether [start, end) holds at least `least` articles, and one in `part` of them came in [since, end)."""
        held = self._held.get(series)
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
        """The figures of [start, end), both pane borders. Cheapest where reads of one length go forward in time."""
        held = self._held.get(series)
        if held is None:
            return Window(series, start, end, observed=observed)
        first, last = self._ends(held, start, end)
        return self._of(held, series, start, end, first, last, observed)

    @staticmethod
    def _ends(held: _Held, start: int, end: int) -> tuple[int, int]:
        """Which panes are in [start, end): from where the last window of this length was, where it was not later."""
        starts = held.starts
        kept = held.kept.get(end - start) if held.kept is not None else None
        if kept is not None:
            number = len(starts)
            first, last = kept.first - held.gone, kept.last - held.gone
            if not (first and starts[first - 1] >= start) and not (last and starts[last - 1] >= end):
                while first < number and starts[first] < start:
                    first += 1
                while last < number and starts[last] < end:
                    last += 1
                return first, last
        first = bisect_left(starts, start)
        return first, bisect_left(starts, end, first)

    def _of(
        self, held: _Held, series: str, start: int, end: int, first: int, last: int, observed: bool
    ) -> Window:
        """The figures of [start, end), which are the panes first..last."""
        panes = held.panes
        if last - first < MUCH:
            if held.kept is not None:
                held.kept.pop(end - start, None)
            if first == last:
                return Window(series, start, end, observed=observed)
            if last - first == 1:
                return measure(series, start, end, panes[first], observed)
            rolling = Rolling()
            rolling.add(panes[first:last])
            return rolling.window(series, start, end, observed)
        return self._roll(held, first, last, end - start).window(series, start, end, observed)

    def beside(
        self, series: str, start: int, end: int, hop_ms: int, least: int, observed: bool
    ) -> tuple[Window, Window] | None:
        """`window` of [start, end) and at the hop before it, at once; None where the hop is empty and the window holds
        fewer articles than `least`."""
        held = self._held.get(series)
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
        """Drop panes that start before `before`."""
        held = self._held.get(series)
        if held is None or not held.starts or held.starts[0] >= before:
            return
        gone = bisect_left(held.starts, before)
        if gone == len(held.starts):
            del self._held[series]
            return
        del held.starts[:gone], held.panes[:gone]
        held.gone += gone
        if (
            held.kept is not None
        ):  # what still holds a pane that is forgotten cannot give it back: begin afresh
            held.kept = {length: one for length, one in held.kept.items() if one.first >= held.gone}

    def _inside(self, series: str, start: int, end: int) -> Panes:
        held = self._held.get(series)
        if held is None:
            return []
        return held.panes[bisect_left(held.starts, start) : bisect_left(held.starts, end)]

    @staticmethod
    def _roll(held: _Held, first: int, last: int, length: int) -> Rolling:
        """The rolling window of this length, moved to the panes first..last."""
        if held.kept is None:
            held.kept = {}
        kept, gone, panes = held.kept.get(length), held.gone, held.panes
        if kept is None or not kept.first <= first + gone <= kept.last <= last + gone:
            held.kept[length] = kept = _Kept(panes[first:last], first + gone, last + gone)
            return kept.rolling
        if kept.last < last + gone:
            kept.rolling.add(panes[kept.last - gone : last])
            kept.last = last + gone
        if kept.first < first + gone:
            kept.rolling.drop(panes[kept.first - gone : first])
            kept.first = first + gone
        return kept.rolling
