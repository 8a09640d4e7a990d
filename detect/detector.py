"""One series of any kind as a stream: how surprising is this value, from the past only?

Two questions, each answered by the distance to the nearest thing ever seen, in units of the series' usual range:
  novelty   how far is the value from every earlier value? (a one-dimensional nearest neighbour: a new high or low,
            but also a value in a gap that was never visited, e.g. a machine that idles at 40 % for the first time)
  rhythm    how far is the mean of the last three values from every earlier day's at this time of day, and is that
            more than any such distance of late? (a quiet Monday, a night that is as busy as a day)
The range is that of the values seen, but at most four times the spread between their 0.5 % and 99.5 % quantiles, and
nothing that hangs on the three highest and lowest rows, so that one glitch, however large, does not hide what comes
after it. After a value was reported, only a larger surprise is, for a while: one incident is one report. Nothing is
set per series, and nothing knows how long the series will be.

Why so simple: on the public part of the NAB, nearest neighbours of lagged vectors, window means and deviations added
nothing to these two (docs/detectors.md has the table). Cost: a binary search in a sorted list, bounded at KEPT values.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from detect.times import utc_seconds

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class StreamParams:
    """One setting for every series; see docs/detectors.md for how each was chosen."""

    novelty: float = 0.016
    """A value this share of the range away from every earlier one is worth 1 (a score of 0.5)."""
    rhythm: float = 0.15
    """So is a distance of this share from every earlier day …"""
    excess: float = 1.2
    """… if it is also so many times the largest one of late."""
    late: int = 2000
    """Rows that count as "of late" …"""
    settle: int = 4
    """… without the latest few, which belong to the same event."""
    smooth: int = 3
    days: int = 28
    slack: int = 2
    """Rows to either side of the same time on an earlier day."""
    warmup: int = 100
    """Rows before anything is reported."""
    rest: float = 0.06
    """After a report only a larger one is given for this share of the rows seen …"""
    rest_most: int = 225
    """… but for so many rows at most."""
    cap: float = 4.0
    """The range is at most this many times the usual spread (0.5 % to 99.5 %) …"""
    floor: float = 0.03
    """… and at least this share of the whole one: a gauge that rests at one value and leaves it on a few rows in a
    thousand has next to no usual spread, and each of those rows would be held against nothing but itself."""
    spared: int = 3
    """Both without so many of the highest and lowest rows: no glitch of so few can set the range."""
    kept: int = 50_000
    largest: float = 1e300
    """What lies further out counts as this: sums and differences of a few stay finite."""


class StreamDetector:
    """The detector of one series; `step` scores a row and then learns it."""

    def __init__(self, params: StreamParams | None = None) -> None:
        self.params = params or StreamParams()
        self.rows = 0
        self._sorted: list[float] = []
        self._values: deque[float] = deque()
        self._last: deque[float] = deque(maxlen=self.params.smooth - 1)
        self._times: list[float] = []
        self._means: list[float] = []
        self._peaks: deque[tuple[int, float]] = deque()
        self._waiting: deque[tuple[int, float]] = deque()
        self._reports: deque[tuple[int, float]] = deque()
        self._leapt = -math.inf
        """The latest row that lay further out than the whole range is wide."""

    def step(self, moment: datetime | float, value: float) -> float:
        """Return the anomaly score (0..1; above 0.5 is unusual) of `value` at `moment`, then learn the value.

        `moment`: seconds since 1970, or a datetime (naive is UTC); one before the last row's counts as that. A gap (a
        value that is not finite) scores 0 and teaches nothing.
        """
        if not math.isfinite(value):
            return 0.0
        seconds = moment if isinstance(moment, (int, float)) else utc_seconds(moment)
        if self._times and seconds < self._times[-1]:
            seconds = self._times[-1]
        value = min(max(value, -self.params.largest), self.params.largest)
        surprise = max(self._novelty(value), self._rhythm(seconds, value)) if self._sorted else 0.0
        self._learn(value)
        self.rows += 1
        if self.rows <= self.params.warmup:
            return 0.0
        surprise = self._rest(surprise)
        return surprise / (1.0 + surprise)

    def _range(self) -> float:
        known, params = self._sorted, self.params
        n = len(known)
        spared = min(params.spared, n // 20)
        tail = max(spared, int(0.005 * n))
        usual = known[min(n - 1 - spared, int(0.995 * n))] - known[tail]
        floor = params.floor * (known[n - 1 - spared] - known[spared])
        return min(known[-1] - known[0], max(params.cap * usual, floor))

    def _novelty(self, value: float) -> float:
        known = self._sorted
        at = bisect_left(known, value)
        distance = math.inf
        if at < len(known):
            distance = known[at] - value
        if at > 0:
            distance = min(distance, value - known[at - 1])
        if distance == 0.0:
            return 0.0
        # The range includes the value itself, so that the first move of a constant series is 1 / novelty, not infinite.
        scale = max(self._range(), min(distance, max(known[-1], value) - min(known[0], value)), 1e-300)
        if distance >= scale:
            self._leapt = self.rows
        return distance / scale / self.params.novelty

    def _rhythm(self, seconds: float, value: float) -> float:
        params, times, means = self.params, self._times, self._means
        mean = (math.fsum(self._last) + value) / (len(self._last) + 1)
        distance = math.inf
        days = 0
        for day in range(1, params.days + 1):
            then = seconds - day * DAY_S
            if not times or then < times[0]:
                break
            at = bisect_left(times, then)
            days += 1
            for earlier in means[max(0, at - params.slack) : at + params.slack + 1]:
                gap = abs(earlier - mean)
                if gap < distance:
                    distance = gap
        times.append(seconds)
        means.append(mean)
        if days < 2 or not math.isfinite(distance):
            return 0.0
        known = self._sorted
        # A series that left one value on a few rows has no range yet: then the whole one, else they hide what follows.
        scale = max(self._range() or known[-1] - known[0], 1e-300)
        ratio = distance / scale
        row, peaks, waiting = self.rows, self._peaks, self._waiting
        while waiting and waiting[0][0] < row - params.settle:
            peak = waiting.popleft()
            while peaks and peaks[-1][1] <= peak[1]:
                peaks.pop()
            peaks.append(peak)
        while peaks and peaks[0][0] < row - params.late:
            peaks.popleft()
        # A leap is novelty's to report: as the largest distance of late it would hide every odd day for `late` rows.
        if row - self._leapt >= params.smooth:
            waiting.append((row, ratio))
        if not peaks or peaks[0][1] <= 0.0:
            return 0.0
        return min(ratio / params.rhythm, ratio / (params.excess * peaks[0][1]))

    def _learn(self, value: float) -> None:
        insort(self._sorted, value)
        self._values.append(value)
        self._last.append(value)
        if len(self._values) > self.params.kept:
            old = self._values.popleft()
            del self._sorted[bisect_left(self._sorted, old)]
        if len(self._times) > 2 * self.params.kept:
            del self._times[: self.params.kept], self._means[: self.params.kept]

    def _rest(self, surprise: float) -> float:
        """Return the surprise where it is the largest for a while, else 0."""
        reports, row = self._reports, self.rows
        horizon = row - min(self.params.rest_most, self.params.rest * row)
        while reports and reports[0][0] < horizon:
            reports.popleft()
        given = surprise if surprise > 0.0 and (not reports or surprise > reports[0][1]) else 0.0
        while reports and reports[-1][1] <= surprise:
            reports.pop()
        reports.append((row, surprise))
        return given
