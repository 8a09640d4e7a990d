"""One rule's history of its own statistic, from which a budget of false alarms gives thresholds.

The budget: alert onsets a week when nothing is wrong, over all series of the rule, after hold and hysteresis
(folding into incidents comes on top and only lessens them). So what is counted is what would be an onset: the
peaks of episodes (alerts/thresholds/episodes.py). From them fitting.py finds a threshold; a fit is in force
from a stated time (alerts/engine/desk.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from alerts.rules.model import Rule
from alerts.thresholds.codec import decode_into, encode
from alerts.thresholds.conservative import ConservativeTail, few_series
from alerts.thresholds.episodes import MEMORY_WEEKS, EpisodeTracker, Peak
from alerts.thresholds.fit import Fit, FitBasis
from alerts.thresholds.fitting import fit_level


class StatisticHistory:
    """The history of one rule's statistic against its budget of false alarms a week."""

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
        """`series`: how many the rule can have; None: unknown. The others as in the rule."""
        self._budget, self._window_ms, self._hop_ms = budget_per_week, window_ms, hop_ms
        self._few = few_series(series)
        self._tracker = EpisodeTracker(window_ms, hop_ms, hold_ms, below, after_ms)

    def observe(self, at: int, series: str, statistic: float) -> None:
        """Add an evaluation with enough evidence, in order of `at` (epoch ms); NaN and infinity count as none."""
        self._tracker.observe(at, series, statistic)

    @property
    def first_at(self) -> int | None:
        """The time (epoch ms) of the first evaluation with enough evidence, or None."""
        return self._tracker.first_at

    @property
    def weeks(self) -> float:
        """The number of weeks with data so far."""
        return self._tracker.weeks

    def initial(self) -> Fit:
        """Return the fit that is used before there is any history: the conservative tail."""
        start, how = self._conservative().start((), 0.0)
        return Fit(round(start, 6), FitBasis.INITIAL, f"{how}: no history yet", budget=self._budget)

    def _conservative(self) -> ConservativeTail:
        tracker = self._tracker
        return ConservativeTail(
            self._budget, self._window_ms, self._hop_ms, self._few, tracker.weeks, tracker.evaluations
        )

    def fit(
        self,
        at: int,
        true_alarms: Iterable[tuple[str, int, int]] = (),
        echoes: Iterable[tuple[str, int, int]] = (),
    ) -> Fit:
        """Return the fit at `at` (epoch ms) from what was observed before.

        Peaks inside `true_alarms`, (series, from, to) in ms, are left out. `echoes`: the same, of their echoes
        in other series (alerts/thresholds/echoes.py): no proof that p-values are wrong.
        """
        tracker = self._tracker
        tracker.close(at)
        true, echoed = _by_series(true_alarms), _by_series(echoes)
        known = [peak for peak in tracker.peaks if not _inside(peak, true)]
        excluded = len(tracker.peaks) - len(known)
        every = sorted(known + tracker.running(), reverse=True)
        peaks = [(peak, when) for peak, when, _ in every]
        own = [one[:2] for one in every if not _inside(one, echoed)]
        weeks, conservative = min(tracker.weeks, MEMORY_WEEKS), self._conservative()
        found = fit_level(peaks, own, weeks, conservative)
        if len(own) < len(peaks):
            # Fewer peaks prove less, and beside no incidents the rest may look like wrong p-values: who calls an
            # alarm true must not silence a rule by that.
            found = min(found, fit_level(peaks, peaks, weeks, conservative), key=lambda one: one.level)
        return Fit(
            threshold=round(found.level, 6),
            basis=found.basis,
            method=found.method,
            weeks=round(weeks, 3),
            peaks=len(peaks),
            made_at=at,
            low=None if found.low is None else round(found.low, 6),
            high=None if found.high is None else round(found.high, 6),
            excluded=excluded,
            budget=self._budget,
        )

    def dump(self) -> bytes:
        """Return the exact state as bytes."""
        return encode(self._tracker)

    def load(self, state: bytes) -> None:
        """Restore what `dump` returned. Raises msgspec.DecodeError for other bytes."""
        decode_into(self._tracker, state)


def history_of(rule: Rule, pane_ms: int) -> StatisticHistory:
    """Return an empty history for a window rule on panes of `pane_ms`."""
    return StatisticHistory(
        rule.budget_per_week,
        rule.window_ms,
        rule.hop_ms(pane_ms),
        rule.hold_ms,
        rule.resolve_below,
        rule.resolve_after_ms,
        rule.known_series,
    )


def _by_series(alarms: Iterable[tuple[str, int, int]]) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for series, start, end in alarms:
        found.setdefault(series, []).append((start, end))
    return found


def _inside(peak: Peak, times: Mapping[str, Sequence[tuple[int, int]]]) -> bool:
    _, when, series = peak
    return any(start <= when <= end for start, end in times.get(series, ()))
