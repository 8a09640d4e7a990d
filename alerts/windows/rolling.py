"""The figures of a window: stories and publishers counted once over all its panes, also as panes enter and leave.

All figures are integers, so adding panes and taking them away gives what adding up afresh gives.
"""

from __future__ import annotations

from alerts.records import Window
from alerts.windows.observations import Observation, divide

Panes = list[list[Observation]]


class StoryCounts:
    """Counts over a story's articles in a window. A class, since mypyc stores its numbers unboxed."""

    __slots__ = ("articles", "decided", "negative", "positive", "sentiment")

    def __init__(self, decided: int, negative: int, sentiment: int, positive: int) -> None:
        self.articles = 1
        self.decided = decided
        self.negative = negative
        self.sentiment = sentiment
        self.positive = positive


class Rolling:
    """The union of some panes' observations, to which panes are added and from which they are taken.

    A story has StoryCounts, a publisher the number of its articles; those without any article left are removed.
    """

    __slots__ = ("articles", "decided", "negative", "positive", "publishers", "squares", "stories", "total")

    def __init__(self) -> None:
        self.stories: dict[str, StoryCounts] = {}
        self.publishers: dict[str, int] = {}
        self.articles = self.decided = self.negative = self.positive = self.total = self.squares = 0

    def add(self, panes: Panes) -> None:
        """Add the observations of these panes."""
        stories, publishers = self.stories, self.publishers
        decided = negative = positive = total = squares = 0
        for pane in panes:
            self.articles += len(pane)
            for one in pane:
                # By place, not unpacked: where there are many series nothing of an observation is in the processor's
                # cache, and what is not needed is not touched.
                story, publisher, sure, label, sentiment = one[2], one[3], one[5], one[6], one[7]
                publishers[publisher] = publishers.get(publisher, 0) + 1
                counts = stories.get(story)
                if counts is None:
                    if sure:
                        bad = 1 if label < 0 else 0
                        good = 1 if label > 0 else 0
                        stories[story] = StoryCounts(1, bad, sentiment, good)
                        decided += 1
                        negative += bad
                        positive += good
                        total += sentiment
                        squares += sentiment * sentiment
                    else:
                        stories[story] = StoryCounts(0, 0, 0, 0)
                    continue
                counts.articles += 1
                if sure:
                    self._count(counts, -1)
                    counts.decided += 1
                    counts.sentiment += sentiment
                    if label < 0:
                        counts.negative += 1
                    elif label > 0:
                        counts.positive += 1
                    self._count(counts, 1)
        self.decided += decided
        self.negative += negative
        self.positive += positive
        self.total += total
        self.squares += squares

    def drop(self, panes: Panes) -> None:
        """Remove the observations of these panes, which were added before."""
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
                counts = stories[story]
                if counts.articles == 1:  # its last article, which was added alone or is what the others left
                    self._count(counts, -1)
                    del stories[story]
                    continue
                if one[5]:
                    label, sentiment = one[6], one[7]
                    self._count(counts, -1)
                    counts.decided -= 1
                    counts.sentiment -= sentiment
                    if label < 0:
                        counts.negative -= 1
                    elif label > 0:
                        counts.positive -= 1
                    self._count(counts, 1)
                counts.articles -= 1

    def _count(self, counts: StoryCounts, sign: int) -> None:
        """Add (or take away) one story's part of the sums over stories."""
        count = counts.decided
        if count:
            self.decided += sign
            if 2 * counts.negative > count:
                self.negative += sign
            elif 2 * counts.positive > count:
                self.positive += sign
            mean = counts.sentiment if count == 1 else divide(counts.sentiment, count)
            self.total += sign * mean
            self.squares += sign * mean * mean

    def window(self, series: str, start: int, end: int, observed: bool = True) -> Window:
        """Return the present figures as the Window of `series` over [start, end), in epoch ms."""
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
    """Return the figures of these observations as one window: stories and publishers counted once each.

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


def with_series(window: Window, series: str) -> Window:
    """Return a copy of the window under another series' name."""
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
