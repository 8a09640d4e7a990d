"""Episodes of a rule's statistic: what would be alert onsets if the threshold were low enough.

An episode of a series begins where the statistic reaches FLOOR and ends as an alert does: once the statistic
stayed below `resolve.below` of its peak for `resolve.after`. With a hold, the statistic is the least over the
hold. So each episode counts as one onset, at its peak. A gap of more than two weeks without any evaluation is
no history.
"""

from __future__ import annotations

from collections import deque
from math import isfinite

import msgspec

from core.times import DAY, WEEK

KEPT = 4_000
"""Peaks kept, the highest."""
MEMORY_WEEKS = 104.0
"""Peaks older than this (in weeks with data) are forgotten: a model or a newsroom changes."""
FLOOR = 0.5
"""Below this statistic nothing is an episode."""
GAP_MS = 14 * DAY

Peak = tuple[float, int, str]
"""(statistic, when in epoch ms, series) of an episode's highest evaluation."""


class Episode(msgspec.Struct, array_like=True):
    """An episode under way in one series. Times in epoch ms."""

    peak: float
    peaked_at: int
    evaluated_at: int
    """Its last evaluation."""
    below_since: int = -1
    """Since when it has been below `below` of its peak; -1: it is not."""


class EpisodeTracker:
    """The peaks of a rule's episodes, in bounded memory but for the episodes under way."""

    def __init__(self, window_ms: int, hop_ms: int, hold_ms: int, below: float, after_ms: int) -> None:
        """`hold_ms`, `below` and `after_ms` are the rule's `hold`, `resolve.below` and `resolve.after`."""
        self._window_ms, self._hop_ms, self._hold_ms = window_ms, hop_ms, hold_ms
        self._below, self._after_ms = below, after_ms
        self.first_at: int | None = None
        """Of the first evaluation, epoch ms."""
        self.last_at = 0
        self.gap_ms = 0
        """The length of all gaps together."""
        self.evaluations = 0
        """Evaluations on the rule's grid."""
        self.peaks: list[Peak] = []
        self.episodes: dict[str, Episode] = {}
        self.held: dict[str, deque[tuple[int, float]]] = {}
        """With a hold, (when, statistic) of each series' evaluations within it."""

    def observe(self, at: int, series: str, statistic: float) -> None:
        """Add an evaluation with enough evidence, in order of `at` (epoch ms); NaN and infinity count as none."""
        if at > self.last_at:
            if self.first_at is None:
                self.first_at = at
            elif at - self.last_at > GAP_MS:
                self.gap_ms += at - self.last_at
            self.last_at = at
        # Early evaluations are no chances of their own: their windows overlap the grid's.
        if at % self._hop_ms == 0:
            self.evaluations += 1
        if self._hold_ms:
            statistic = self._least(at, series, statistic)
        episode = self.episodes.get(series)
        if episode is not None and self._has_ended(episode, at, statistic):
            self._keep(series, episode)
            del self.episodes[series]
            episode = None
        if episode is None:
            if statistic >= FLOOR and isfinite(statistic):
                self.episodes[series] = Episode(statistic, at, at)
        elif statistic > episode.peak and isfinite(statistic):
            episode.peak, episode.peaked_at = statistic, at

    def _has_ended(self, episode: Episode, at: int, statistic: float) -> bool:
        """Whether an alert of this episode would have ended by this evaluation (alerts/lifecycle/transitions.py)."""
        if at - episode.evaluated_at > self._window_ms + self._after_ms:
            return True
        episode.evaluated_at = at
        if statistic >= self._below * episode.peak:
            ended = 0 <= episode.below_since < at - self._after_ms
            episode.below_since = -1
            return ended
        if episode.below_since < 0:
            episode.below_since = at
        return at >= episode.below_since + self._after_ms

    def _least(self, at: int, series: str, statistic: float) -> float:
        """Return the least statistic over the hold: what a threshold must lie under for the alert to fire."""
        held = self.held.setdefault(series, deque())
        if held and at - held[-1][0] > self._window_ms:
            held.clear()
        held.append((at, statistic))
        while len(held) > 1 and held[1][0] <= at - self._hold_ms:
            held.popleft()
        if held[0][0] > at - self._hold_ms:
            return 0.0
        return min(value for _, value in held)

    def _keep(self, series: str, episode: Episode) -> None:
        self.peaks.append((episode.peak, episode.peaked_at, series))
        if len(self.peaks) > 2 * KEPT:
            self._trim()

    def _trim(self) -> None:
        oldest = self.last_at - MEMORY_WEEKS * WEEK - self.gap_ms
        self.peaks = sorted(peak for peak in self.peaks if peak[1] >= oldest)[-KEPT:]

    def close(self, at: int) -> None:
        """End the episodes that have ended by `at` (epoch ms) without a further evaluation, and trim the peaks."""
        longest = self._window_ms + self._after_ms
        for series in sorted(name for name, one in self.episodes.items() if at - one.evaluated_at > longest):
            self._keep(series, self.episodes.pop(series))
        for series in [name for name, held in self.held.items() if at - held[-1][0] > self._window_ms]:
            del self.held[series]
        self._trim()

    def running(self) -> list[Peak]:
        """Return the peaks so far of the episodes under way."""
        return [(episode.peak, episode.peaked_at, series) for series, episode in self.episodes.items()]

    @property
    def weeks(self) -> float:
        """Weeks with data so far."""
        if self.first_at is None:
            return 0.0
        return max(0, self.last_at - self.first_at - self.gap_ms) / WEEK
