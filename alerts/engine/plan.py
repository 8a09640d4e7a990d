"""When each rule evaluates each series: which rules a series matches, and the evaluations that a new pane brings.

A rule evaluates a series when a pane enters and when it leaves the rule's window, at the next point of the rule's grid.
With fewer articles than the rule's minimum, an evaluation because one more came learns nothing and fires nothing: it
is not planned. Where there are very many series, that is most evaluations.
"""

from __future__ import annotations

from alerts.engine.rule_runner import RuleRunner
from alerts.engine.schedule import Schedule, ceil_to
from alerts.engine.watermark import NEVER
from core.times import HOUR

Places = tuple[list[set[str]], list[tuple[set[str], RuleRunner]]]
"""The sets that a series is added to, and those only where it has the articles that a rule asks for."""


class EvaluationPlan:
    """Evaluations due, by `runners`; a rule's number is its index in that list."""

    def __init__(self, runners: list[RuleRunner], pane_ms: int) -> None:
        self.runners, self.pane_ms = runners, pane_ms
        self.evaluations = Schedule()
        self._sweeps = Schedule()
        """When the panes held of a series are to be checked for those that no rule reaches any more."""
        self._interest: dict[str, tuple[int, ...]] = {}
        self._reaches: dict[tuple[int, ...], int] = {}
        self._places: dict[tuple[int, ...], Places] = {}
        self._places_of = NEVER

    def interest(self, series: str) -> tuple[int, ...]:
        """Numbers of the rules that runner this series."""
        found = self._interest.get(series)
        if found is None:
            if len(self._interest) > 1_000_000:
                self._interest.clear()
            found = tuple(n for n, runner in enumerate(self.runners) if runner.rule.matches(series))
            self._interest[series] = found
        return found

    def reach(self, interest: tuple[int, ...]) -> int:
        """Return the longest time that these rules' windows and hops reach back, in milliseconds."""
        found = self._reaches.get(interest)
        if found is None:
            self._reaches[interest] = found = max(self.runners[number].reach_ms for number in interest)
        return found

    def enter(self, series: str, start: int, interest: tuple[int, ...], articles: int) -> None:
        """Plan the evaluations that the pane starting at `start` (epoch ms) requires.

        `articles`: an upper bound of the articles that any window of the series holds now.
        """
        if start != self._places_of:
            self._places_of = start
            self._places.clear()
        places = self._places.get(interest)
        if places is None:
            self._places[interest] = places = self._places_at(start, interest, NEVER)
        always, entering = places
        for due in always:
            due.add(series)
        for due, runner in entering:
            if articles >= runner.min_articles or not runner.may_skip_few(series):
                due.add(series)

    def again(self, series: str, start: int, after: int) -> None:
        """Plan what a pane that came before a restart brings after `after`."""
        if interest := self.interest(series):
            always, entering = self._places_at(start, interest, after)
            for due in always:
                due.add(series)
            for due, _ in entering:
                due.add(series)

    def sweep(self, until: int) -> list[tuple[str, int]]:
        """Series of which panes may be forgotten now, and those before which moment."""
        found: list[tuple[str, int]] = []
        while (due := self._sweeps.next) is not None and due <= until:
            for _, series in self._sweeps.pop():
                found.append((series, until - self.reach(self.interest(series))))
        return found

    def _places_at(self, start: int, interest: tuple[int, ...], after: int) -> Places:
        end, at = start + self.pane_ms, self.evaluations.at
        always = [self._sweeps.at(ceil_to(end + self.reach(interest), HOUR), 0)]
        entering: list[tuple[set[str], RuleRunner]] = []
        for number in interest:
            runner = self.runners[number]
            hop, window = runner.hop_ms, runner.window_ms
            if (due := -(-end // hop) * hop) > after:
                if runner.learns_after_leaving:
                    entering.append((at(due, number), runner))
                else:
                    always.append(at(due, number))
            if (due := -(-(end + window) // hop) * hop) > after:
                always.append(at(due, number))
        return always, entering
