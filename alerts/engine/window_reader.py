"""What an evaluation reads: the window, and the hop that the rule's detector learns then.

Rules with equal windows and hops at one moment share the sums; for a rule alone in its kind both are found in one pass.
"""

from __future__ import annotations

from collections import Counter

from alerts.engine.rule_runner import RuleRunner
from alerts.engine.source_coverage import SourceCoverage
from alerts.engine.watermark import NEVER
from alerts.records import Window
from alerts.windows.recent_panes import RecentPanes

CROWD = 12
"""A rule evaluates early where one in so many of a window's articles came since the last grid point: a hop's share."""


class WindowReader:
    """Windows and hops of `runners` over `windows`; `coverage` says where nobody read the sources."""

    def __init__(self, runners: list[RuleRunner], windows: RecentPanes, coverage: SourceCoverage) -> None:
        self.runners, self.windows, self.coverage = runners, windows, coverage
        self._seen: dict[tuple[str, int, int, bool], tuple[Window, Window]] = {}
        self._at = NEVER
        self._lone: dict[tuple[int, ...], frozenset[int]] = {}

    def read(
        self, at: int, number: int, series: str, interest: tuple[int, ...]
    ) -> tuple[Window, Window] | None:
        """Return (window, hop) of rule `number` at `at` (epoch ms), or None where the rule need not be evaluated."""
        runner = self.runners[number]
        if self.coverage.all_read and number in self._alone(interest):
            least = runner.min_articles if runner.may_skip_few(series) else 0
            # An early evaluation learns nothing: hops are the grid's.
            hop_ms = 0 if at % runner.hop_ms else runner.hop_ms
            return self.windows.window_and_previous(series, at - runner.window_ms, at, hop_ms, least, True)
        return None if self.idle(at, runner, series) else self.shared(at, series, runner)

    def idle(self, at: int, runner: RuleRunner, series: str) -> bool:
        """Return whether the window holds so few articles that `runner.may_skip` is true: then no sums are needed."""
        if not runner.may_skip_few(series):
            return False
        start = at - runner.window_ms
        end = start if runner.learns_after_leaving else at
        few = self.windows.holds_fewer
        return few(series, start, at, runner.min_articles) and few(series, end - runner.hop_ms, end, 1)

    def shared(self, at: int, series: str, runner: RuleRunner) -> tuple[Window, Window]:
        """Return (window that ends at `at`, hop to learn); computed once for all rules with the same window and hop."""
        if self._at != at:
            self._at = at
            self._seen.clear()
        window_ms, hop_ms = runner.window_ms, runner.hop_ms
        if at % hop_ms:
            hop_ms = 0
        key = (series, window_ms, hop_ms, runner.learns_after_leaving)
        found = self._seen.get(key)
        if found is None:
            start = at - window_ms
            end = start if runner.learns_after_leaving else at
            windows = self.windows
            observed = self.coverage.all_read or self.coverage.observed(
                series, start, windows.sources(series, start, at)
            )
            found = (
                windows.window(series, start, at, observed),
                windows.window(series, end - hop_ms, end, observed),
            )
            self._seen[key] = found
        return found

    def wants_early(self, runner: RuleRunner, pane: Window, articles: int) -> bool:
        """Return whether the series' window fills so fast that the rule is evaluated before its next grid point.

        See docs/decisions/0004-early-evaluations.md. `articles`: an upper bound of the articles in any window of the
        series.
        """
        at = pane.end
        since = at - at % runner.hop_ms
        return (
            articles >= runner.min_articles
            and since < at
            and runner.wants_early(pane)
            and self.windows.fills_fast(
                pane.series, at - runner.window_ms, since, at, runner.min_articles, CROWD
            )
        )

    def _alone(self, interest: tuple[int, ...]) -> frozenset[int]:
        """Of rules that runner one series, those that learn what left the window and share it with no other."""
        found = self._lone.get(interest)
        if found is None:
            runners = {n: self.runners[n] for n in interest}
            alike = Counter((w.window_ms, w.hop_ms, w.learns_after_leaving) for w in runners.values())
            self._lone[interest] = found = frozenset(
                n
                for n, w in runners.items()
                if w.learns_after_leaving
                and not w.compares_series
                and alike[w.window_ms, w.hop_ms, True] == 1
            )
        return found
