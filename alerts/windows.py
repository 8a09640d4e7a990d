"""Windows of any length from panes: figures of the union of what the panes hold.

Only series that a rule watches are kept in memory, and only as far back as the longest window of those rules. A window
is made of hops; a series with much in it keeps a partial per hop, and windows merge those (never add and revert): the
cost of a look is then that of a few set unions. Both ways give the same integers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from alerts.observations import Observation, divide
from alerts.records import Window

MUCH = 64
"""Observations in a window from which on partials are kept."""
Tally = tuple[int, int, int]
"""Of a story: articles decided on, of these negative, sum of sentiment."""


class Partial:
    """What some observations say together. Partials of disjoint observations merge exactly."""

    __slots__ = ("articles", "decided", "negative", "publishers", "sources", "squares", "stories", "total")

    def __init__(self, observations: Iterable[Observation] = ()) -> None:
        self.stories: dict[str, Tally] = {}
        self.publishers: set[str] = set()
        self.sources: set[str] = set()
        self.articles = self.decided = self.negative = self.total = self.squares = 0
        stories, publishers, sources = self.stories, self.publishers, self.sources
        for one in observations:
            self.articles += 1
            publishers.add(one[3])
            sources.add(one[4])
            count, bad, sentiment = stories.get(one[2], _NOTHING)
            if one[5]:
                stories[one[2]] = (count + 1, bad + (one[6] < 0), sentiment + one[7])
            elif not count:
                stories[one[2]] = _NOTHING
        for tally in stories.values():
            self._count(tally, 1)

    def _count(self, tally: Tally, sign: int) -> None:
        count, bad, sentiment = tally
        if count:
            self.decided += sign
            if 2 * bad > count:
                self.negative += sign
            mean = sentiment if count == 1 else divide(sentiment, count)
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
        )


_NOTHING: Tally = (0, 0, 0)


def merge(partials: Sequence[Partial]) -> Partial:
    """The partial of all their observations."""
    if len(partials) == 1:
        return partials[0]
    whole = Partial()
    stories = whole.stories
    for part in partials:
        whole.articles += part.articles
        whole.decided += part.decided
        whole.negative += part.negative
        whole.total += part.total
        whole.squares += part.squares
        shared = stories.keys() & part.stories.keys()
        held = {story: stories[story] for story in shared}
        stories.update(part.stories)
        for story, old in held.items():
            new = stories[story]
            both = (old[0] + new[0], old[1] + new[1], old[2] + new[2])
            whole._count(old, -1)
            whole._count(new, -1)
            whole._count(both, 1)
            stories[story] = both
    whole.publishers = set().union(*(part.publishers for part in partials))
    whole.sources = set().union(*(part.sources for part in partials))
    return whole


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
    return Partial(observations).window(series, start, end, observed)


class _Held:
    """A series' panes, in order of time, and the partials of its hops: (start, end) -> partial."""

    __slots__ = ("panes", "partials", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.panes: list[Sequence[Observation]] = []
        self.partials: dict[tuple[int, int], Partial] | None = None


class Windows:
    """The recent panes of every watched series."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    def add(self, series: str, start: int, observations: Sequence[Observation]) -> None:
        """A pane closed. Panes of one series come in order of `start`."""
        held = self._held.get(series)
        if held is None:
            self._held[series] = held = _Held()
        held.starts.append(start)
        held.panes.append(observations)

    def within(self, series: str, start: int, end: int) -> list[Observation]:
        """Every observation of the series in [start, end), both pane borders."""
        held = self._held.get(series)
        if held is None:
            return []
        inside = held.panes[bisect_left(held.starts, start) : bisect_left(held.starts, end)]
        return list(inside[0]) if len(inside) == 1 else [one for pane in inside for one in pane]

    def look(self, series: str, start: int, end: int, hop_ms: int) -> tuple[Partial, Partial]:
        """What the window [start, end) holds, and its last hop [end - hop_ms, end); panes at or after `end` are not in.

        `end` is a point of the grid that `hop_ms` makes.
        """
        held = self._held.get(series)
        if held is None:
            return _EMPTY, _EMPTY
        starts, panes = held.starts, held.panes
        first, last = bisect_left(starts, start), bisect_left(starts, end)
        recent = bisect_left(starts, end - hop_ms, first, last) if first < last else last
        if held.partials is None:
            inside = panes[first:last]
            if sum(map(len, inside)) < MUCH:
                whole = Partial(one for pane in inside for one in pane)
                if recent == first:
                    return whole, whole
                return whole, Partial(one for pane in panes[recent:last] for one in pane)
            held.partials = {}
        parts: list[Partial] = []
        stop = end
        while stop > start:
            begin = max(start, stop - hop_ms)
            part = held.partials.get((begin, stop))
            if part is None:
                low, high = bisect_left(starts, begin), bisect_left(starts, stop)
                part = Partial(one for pane in panes[low:high] for one in pane) if low < high else _EMPTY
                if begin == stop - hop_ms:  # the ragged end of a window is no hop of any other
                    held.partials[begin, stop] = part
            parts.append(part)
            stop = begin
        return merge(parts), parts[0]

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
        if held.partials is not None:
            held.partials = {key: part for key, part in held.partials.items() if key[0] >= before} or None


_EMPTY = Partial()
