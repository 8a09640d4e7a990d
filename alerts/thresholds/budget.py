"""From a budget of false alarms a week to a threshold on the rule's statistic.

The budget: alert onsets a week when nothing is wrong, over all series of the rule, after hold and hysteresis (folding
into incidents comes on top and only lessens them). So what is counted here is what would be an onset: the peak of each
episode of a series, where an episode ends as an alert does, once the statistic stayed below `resolve.below` of its
peak for `resolve.after`; with a hold, the statistic is the least over the hold.

The threshold is the level that, by the tail of those peaks, as many a week pass as the budget allows
(alerts/thresholds/tail.py), with a 90 % interval. With too little history for the rate asked (under four weeks, or
under eight peaks) it is the conservative parametric tail, -log10 of budget over chances, and says so; chances are
those of the rule's own series where its text says how many they are (alerts/rules/selection.py), else of a hundred.
Onsets above the level of the few that are less and less likely to be the budget's move it to that of a hundred. Peaks
far beyond the tail of all others are taken for incidents nobody has disposed yet: an early crash must not deafen the
rule for months. A gap of more than two weeks without any look is no history. A fit is a versioned input: JSON, in
force from a stated time (alerts/engine/desk.py), kept in the store.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from math import exp, isfinite, log, log10

import msgspec

from alerts.detectors.tails import normal_tail
from alerts.rules.model import Rule
from alerts.thresholds import tail
from core.ids import digest
from core.times import DAY, WEEK

ASSUMED_SERIES = 100
"""Independent series a rule is taken to watch while there is no history; with a known number never more than these."""
OVERLAP = 4
"""What a known series counts for: looked at twelve times a window, it passes a level of one in a thousand in more than
four clumps a thousand windows (docs/decisions/0007-few-series.md). The hundred has that in it."""
LEAST_WEEKS = 4.0
LEAST_PEAKS = 8
KEPT = 4_000
"""Peaks kept, the highest."""
MEMORY_WEEKS = 104.0
"""Peaks older than this (in weeks with data) are forgotten: a model or a newsroom changes."""
FLOOR = 0.5
"""Below this statistic nothing is an episode."""
LOWEST = 1.0
"""No budget's threshold lies lower: what happens in one window of ten is not unusual. A budget may so go unspent."""
MOST = 3.0
"""Incidents that nobody disposed, per onset that the budget allows: with more, p-values are wrong."""
PROOF_WEEKS = 1.0
"""From so much history on, episodes may prove a level below the conservative tail's (`_proven`)."""
PROVING = tail.NEAR // 2
"""So many peaks are a tail of their own, of which the upper bound is proof."""
LEAST_PROVEN = 2.0
"""Nor that lower than what happens in one window of a hundred: one bad story of a thin series proves nothing."""
GAP_MS = 14 * DAY


class Fit(msgspec.Struct, frozen=True):
    """A threshold and where it comes from."""

    threshold: float
    method: str
    weeks: float = 0.0
    peaks: int = 0
    made_at: int = 0
    low: float | None = None
    high: float | None = None
    """The threshold's 90 % interval."""
    excluded: int = 0
    """Peaks left out because people found them to be true alarms."""
    budget: float = 0.0

    @property
    def conservative(self) -> bool:
        """Whether the threshold is what p-values say, not what the rule's own peaks say."""
        return "parametric tail" in self.method or self.method.startswith(("conservative tail", "proven by"))

    @property
    def version(self) -> str:
        """Hash of the content."""
        return digest("fit", self.to_json(), length=16)

    def to_json(self) -> str:
        """As kept in the store."""
        return msgspec.json.encode(self).decode()


def load_fit(text: str) -> Fit:
    """What `to_json` gave."""
    return msgspec.json.decode(text, type=Fit)


class _Episode(msgspec.Struct, array_like=True):
    peak: float
    at: int
    """When it peaked."""
    seen_at: int
    """When it was last looked at."""
    calm_at: int = -1
    """Since when it has been below `below` of its peak; -1: it is not."""


class _State(msgspec.Struct, array_like=True):
    first_at: int | None
    last_at: int
    dead_ms: int
    looks: int
    peaks: list[tuple[float, int, str]]
    episodes: dict[str, _Episode]
    held: dict[str, list[tuple[int, float]]]


class Budget:
    """One rule's history of its own statistic, in bounded memory but for the episodes under way."""

    def __init__(
        self,
        budget_per_week: float,
        window_ms: int,
        hop_ms: int,
        hold_ms: int = 0,
        below: float = 0.7,
        after_ms: int = 0,
        series: int | None = None,
    ) -> None:
        """`series`: how many there can be; None: nobody knows."""
        self._budget, self._window_ms, self._hop_ms, self._hold_ms = (
            budget_per_week,
            window_ms,
            hop_ms,
            hold_ms,
        )
        self._below, self._after_ms = below, after_ms
        few = None if series is None else OVERLAP * max(series, 1)
        self._few = series if few is not None and few < ASSUMED_SERIES else None
        self._first_at: int | None = None
        self._last_at = 0
        self._dead_ms = 0
        self._looks = 0
        self._peaks: list[tuple[float, int, str]] = []
        self._episodes: dict[str, _Episode] = {}
        self._held: dict[str, deque[tuple[int, float]]] = {}

    def observe(self, at: int, series: str, statistic: float) -> None:
        """A verdict with enough evidence. In order of `at`; a statistic that is not finite counts as none."""
        if at > self._last_at:
            if self._first_at is None:
                self._first_at = at
            elif at - self._last_at > GAP_MS:
                self._dead_ms += at - self._last_at
            self._last_at = at
        if (
            at % self._hop_ms == 0
        ):  # early looks are no chances of their own: their windows overlap the grid's
            self._looks += 1
        if self._hold_ms:
            statistic = self._least(at, series, statistic)
        episode = self._episodes.get(series)
        if episode is not None and self._over(episode, at, statistic):
            self._keep(series, episode)
            del self._episodes[series]
            episode = None
        if episode is None:
            if statistic >= FLOOR and isfinite(statistic):
                self._episodes[series] = _Episode(statistic, at, at)
        elif statistic > episode.peak and isfinite(statistic):
            episode.peak, episode.at = statistic, at

    def _over(self, episode: _Episode, at: int, statistic: float) -> bool:
        """Whether an alert of this episode would have ended by this look (alerts/lifecycle/transitions.py)."""
        if at - episode.seen_at > self._window_ms + self._after_ms:
            return True
        episode.seen_at = at
        if statistic >= self._below * episode.peak:
            ended = 0 <= episode.calm_at < at - self._after_ms
            episode.calm_at = -1
            return ended
        if episode.calm_at < 0:
            episode.calm_at = at
        return at >= episode.calm_at + self._after_ms

    def _least(self, at: int, series: str, statistic: float) -> float:
        """The least statistic over the hold: what a threshold must lie under for the alert to fire."""
        held = self._held.setdefault(series, deque())
        if held and at - held[-1][0] > self._window_ms:
            held.clear()
        held.append((at, statistic))
        while len(held) > 1 and held[1][0] <= at - self._hold_ms:
            held.popleft()
        if held[0][0] > at - self._hold_ms:
            return 0.0
        return min(value for _, value in held)

    def _keep(self, series: str, episode: _Episode) -> None:
        self._peaks.append((episode.peak, episode.at, series))
        if len(self._peaks) > 2 * KEPT:
            self._trim()

    def _trim(self) -> None:
        oldest = self._last_at - MEMORY_WEEKS * WEEK - self._dead_ms
        self._peaks = sorted(peak for peak in self._peaks if peak[1] >= oldest)[-KEPT:]

    @property
    def first_at(self) -> int | None:
        """When the first verdict with enough evidence came."""
        return self._first_at

    @property
    def weeks(self) -> float:
        """Weeks with data so far."""
        if self._first_at is None:
            return 0.0
        return max(0, self._last_at - self._first_at - self._dead_ms) / WEEK

    def initial(self) -> Fit:
        """The conservative parametric tail: independent windows a week times series, against the budget."""
        start, how = self._start((), 0.0)
        return Fit(round(start, 6), f"{how}: no history yet", budget=self._budget)

    def _start(self, timed: Sequence[tuple[float, int]], allowed: float) -> tuple[float, str]:
        """(the conservative level, its name) after these peaks: of the rule's few series while they bear it out."""
        usual = self._parametric()
        if self._few is None:
            return usual, "parametric tail"
        level = self._parametric(OVERLAP * self._few)
        # The first weeks' p-values are the least proven: as many onsets as one in ten that keep the budget would have
        # are proof enough against them. What comes together may have one cause, and counts once.
        bouts = _bouts((when for peak, when in timed if peak >= level), DAY / max(self._budget, 1.0))
        doubt = min(-log10(_as_many(bouts, max(allowed, 1.0))), 1.0)
        how = f"parametric tail of {self._few} series" if doubt < 1.0 else "parametric tail"
        return level + (usual - level) * doubt, how

    def _parametric(self, series: int = ASSUMED_SERIES) -> float:
        chances = series * WEEK / self._window_ms
        if self.weeks > 1.0:
            chances = max(chances, self._looks * self._hop_ms / self._window_ms / self.weeks)
        return max(log10(max(chances / self._budget, 10.0)), 1.0)

    def fit(
        self,
        at: int,
        true_alarms: Iterable[tuple[str, int, int]] = (),
        echoes: Iterable[tuple[str, int, int]] = (),
    ) -> Fit:
        """The fit from what was observed before `at`, without peaks inside `true_alarms`: (series, from, to) in ms.

        `echoes`: the same, of what tells of them elsewhere (alerts/thresholds/echoes.py): no proof that p-values lie.
        """
        self._close(at)
        self._trim()
        true, told = _by_series(true_alarms), _by_series(echoes)
        running = [(episode.peak, episode.at, series) for series, episode in self._episodes.items()]
        known = [peak for peak in self._peaks if not _inside(peak, true)]
        excluded = len(self._peaks) - len(known)
        every = sorted(known + running, reverse=True)
        peaks = [(peak, when) for peak, when, _ in every]
        own = [one[:2] for one in every if not _inside(one, told)]
        weeks = min(self.weeks, MEMORY_WEEKS)
        found = self._threshold(peaks, own, weeks)
        if len(own) < len(peaks):
            # Fewer peaks prove less, and beside no incidents the rest may look like lying p-values: who calls an alarm
            # true is not to deafen a rule by that.
            found = min(found, self._threshold(peaks, peaks, weeks), key=lambda one: one[0])
        threshold, method, low, high = found
        return Fit(
            round(threshold, 6),
            method,
            round(weeks, 3),
            len(peaks),
            at,
            None if low is None else round(low, 6),
            None if high is None else round(high, 6),
            excluded,
            self._budget,
        )

    def _close(self, at: int) -> None:
        quiet = self._window_ms + self._after_ms
        for series in sorted(name for name, one in self._episodes.items() if at - one.seen_at > quiet):
            self._keep(series, self._episodes.pop(series))
        for series in [name for name, held in self._held.items() if at - held[-1][0] > self._window_ms]:
            del self._held[series]

    def _threshold(
        self, timed: list[tuple[float, int]], own: list[tuple[float, int]], weeks: float
    ) -> tuple[float, str, float | None, float | None]:
        """(threshold, how, its interval) from peaks and when they were, the highest first. `own`: without echoes."""
        allowed = self._budget * weeks
        peaks = [peak for peak, _ in timed]
        n = float(len(peaks))
        if weeks >= LEAST_WEEKS and allowed >= n + 2.0 * n**0.5 + 3.0:
            return LOWEST, "every episode so far fits the budget", None, None
        if weeks < LEAST_WEEKS or n < LEAST_PEAKS:
            start, how = self._start(own, allowed)
            above, bound = sum(peak >= start for peak, _ in own), allowed + 3.0 * allowed**0.5 + 3.0
            _, share = _incidents(own, start, allowed)
            if above > bound and share > 0.0:
                # Not one incident, but many onsets: p-values are not as good as they claim. So little history cannot
                # say by how much, so the step to what it says grows with the evidence for it.
                level = tail.level([peak for peak, _ in own], max(allowed, 1.0))
                raised = start + max(level - start, 0.0) * min(above / bound - 1.0, share)
                return (
                    raised,
                    f"{how}, raised: {above} onsets above it in too little history",
                    None,
                    None,
                )
            if weeks >= PROOF_WEEKS:
                proof = _proven(peaks, [peak for peak, _ in own], allowed)
                if proof[0] < start:
                    return proof
            return start, f"{how}: too little history", None, None
        if allowed >= n:
            return LOWEST, "every episode so far fits the budget", None, None
        low, high = tail.interval(peaks, allowed)
        how = "peaks over threshold, declustered"
        if out := tail.incidents(peaks, allowed):
            how += f"; {out} beyond that tail taken for incidents"
        level, usual = tail.level(peaks, allowed), self._parametric()
        if level > usual and len(own) < len(timed):
            without = self._threshold(own, own, weeks)
            how = f"conservative tail; {len(timed) - len(own)} peaks that tell of true alarms left out"
            return without if without[0] > usual else (usual, how, None, None)
        if level > usual:
            out, share = _incidents(timed, usual, allowed)
            if share == 0.0:
                how = f"conservative tail; {out} peaks that reach far beyond it taken for incidents nobody disposed"
                return usual, how, None, None
            if share < 1.0:
                # More bouts than there would be incidents: the more there are, the more they count as what they are
                # without a disposition, the rule's own tail.
                how += f"; {out} far beyond the conservative tail, {share:.0%} of the way from there to what they say"
                part = [usual + share * (end - usual) for end in (level, min(low, level), max(high, level))]
                return part[0], how, part[1], part[2]
        return max(LOWEST, level), how, max(LOWEST, low), max(LOWEST, high)

    def dump(self) -> bytes:
        """Exact state."""
        held = {series: list(looks) for series, looks in self._held.items()}
        state = _State(
            self._first_at,
            self._last_at,
            self._dead_ms,
            self._looks,
            sorted(self._peaks),
            self._episodes,
            held,
        )
        return msgspec.msgpack.encode(state)

    def load(self, state: bytes) -> None:
        """Restore what `dump` gave."""
        known = msgspec.msgpack.decode(state, type=_State)
        self._first_at, self._last_at, self._dead_ms = known.first_at, known.last_at, known.dead_ms
        self._looks, self._peaks, self._episodes = known.looks, known.peaks, known.episodes
        self._held = {series: deque(looks) for series, looks in known.held.items()}


def _proven(
    peaks: Sequence[float], own: Sequence[float], allowed: float
) -> tuple[float, str, float | None, float | None]:
    """(the lowest level that so little history proves, how, its interval); `own` are the peaks without echoes.

    A rule that seldom has its evidence cannot spend its budget on all the chances that the conservative tail counts:
    few episodes prove that by their number, enough of them by their own tail, at the upper bound of its interval.
    """
    level = tail.proven(peaks, allowed, FLOOR)
    if len(own) >= PROVING and (bound := tail.bound(own, allowed)) < level:
        level, low = max(LEAST_PROVEN, bound), max(LOWEST, tail.interval(own, allowed)[0])
        return level, f"proven by the upper bound of {len(own)} peaks' own tail", min(low, level), level
    return max(LEAST_PROVEN, level), f"proven by so few episodes: {len(peaks)}", None, None


def _by_series(alarms: Iterable[tuple[str, int, int]]) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for series, start, end in alarms:
        found.setdefault(series, []).append((start, end))
    return found


def _inside(peak: tuple[float, int, str], times: Mapping[str, Sequence[tuple[int, int]]]) -> bool:
    _, when, series = peak
    return any(start <= when <= end for start, end in times.get(series, ()))


def _incidents(timed: Sequence[tuple[float, int]], usual: float, allowed: float) -> tuple[int, float]:
    """How many (peak, when) at or above the conservative tail's level look like incidents, no proof of lying p-values;
    and which share of what they say against that level counts all the same: 0 none, 1 all.

    Right p-values have an exponential tail of scale 1/ln 10, wrong ones a longer one. Peaks that reach further than
    even tail.LYING times that scale lets them, and come in no more bouts of a day than MOST times what the budget
    allows, are incidents: counted as false alarms, they would deafen the rule for as long as it remembers. With more
    bouts that is less and less likely, until at twice as many all count. (In one step, half the budget would be ten
    decades of a threshold.)
    """
    above = [(peak - usual, when) for peak, when in timed if peak >= usual]
    n = len(above)
    # One crash says nothing of the others, so the highest is left out. A sum of exponentials is Gamma (Wilson and
    # Hilferty 1931).
    rest = n - 1
    if rest < 1:
        return 0, 1.0
    mean = sum(excess for excess, _ in above[1:]) * log(10.0) / tail.LYING / rest
    z = (mean ** (1.0 / 3.0) - 1.0 + 1.0 / (9.0 * rest)) * 3.0 * rest**0.5
    if normal_tail(z) >= tail.RARE:
        return 0, 1.0
    most = (1.0 + MOST) * allowed + 3.0
    return n, min(max(_bouts(when for _, when in above) / most - 1.0, 0.0), 1.0)


def _bouts(times: Iterable[int], span: float = DAY) -> int:
    """How many bouts these moments are: one lasts `span` from its first."""
    bouts, until = 0, -1.0
    for when in sorted(times):
        if when >= until:
            bouts, until = bouts + 1, when + span
    return bouts


def _as_many(count: int, mean: float) -> float:
    """P(N >= count) of a Poisson; at the least 1e-9."""
    term, less = exp(-mean), 0.0
    for number in range(count):
        less, term = less + term, term * mean / (number + 1)
    return max(1.0 - less, 1e-9)


def make(rule: Rule, pane_ms: int) -> Budget:
    """The budget of a window rule."""
    return Budget(
        rule.budget_per_week,
        rule.window_ms,
        rule.hop_ms(pane_ms),
        rule.hold_ms,
        rule.resolve_below,
        rule.resolve_after_ms,
        rule.known_series,
    )
