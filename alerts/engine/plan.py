"""Who looks at a series when: the rules that watch it, and the looks that a pane with data brings.

A rule looks at a series when a pane comes and when it leaves the rule's window, at the next point of the rule's grid.
Of fewer articles than the rule asks for, a look because one more came learns nothing and fires nothing: it is not
planned, which is most of them where there are very many series.
"""

from __future__ import annotations

from alerts.engine.rule_runner import Watch
from alerts.engine.schedule import Schedule, ceil_to
from alerts.engine.watermark import NEVER
from core.times import HOUR

Places = tuple[list[set[str]], list[tuple[set[str], Watch]]]
"""Where a series is to be entered, and where only if it has the articles that a rule asks for."""


class Plan:
    """Looks to be taken by `watches`, which have their numbers from their places there."""

    def __init__(self, watches: list[Watch], pane_ms: int) -> None:
        self.watches, self.pane_ms = watches, pane_ms
        self.looks = Schedule()
        self._sweeps = Schedule()
        """When what is held of a series is to be looked through for what no rule reaches any more."""
        self._interest: dict[str, tuple[int, ...]] = {}
        self._reaches: dict[tuple[int, ...], int] = {}
        self._places: dict[tuple[int, ...], Places] = {}
        self._places_of = NEVER

    def interest(self, series: str) -> tuple[int, ...]:
        """Numbers of the rules that watch this series."""
        found = self._interest.get(series)
        if found is None:
            if len(self._interest) > 1_000_000:
                self._interest.clear()
            found = tuple(n for n, watch in enumerate(self.watches) if watch.rule.matches(series))
            self._interest[series] = found
        return found

    def reach(self, interest: tuple[int, ...]) -> int:
        """How far back these rules look, in milliseconds."""
        found = self._reaches.get(interest)
        if found is None:
            self._reaches[interest] = found = max(self.watches[number].reach_ms for number in interest)
        return found

    def enter(self, series: str, start: int, interest: tuple[int, ...], articles: int) -> None:
        """The pane that starts at `start` came: plan the looks that it brings. `articles`: of the series, as many as
        any window holds now, at the most."""
        if start != self._places_of:
            self._places_of = start
            self._places.clear()
        places = self._places.get(interest)
        if places is None:
            self._places[interest] = places = self._places_at(start, interest, NEVER)
        always, entering = places
        for due in always:
            due.add(series)
        for due, watch in entering:
            if articles >= watch.least or not watch.may_skip_few(series):
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
        end, at = start + self.pane_ms, self.looks.at
        always = [self._sweeps.at(ceil_to(end + self.reach(interest), HOUR), 0)]
        entering: list[tuple[set[str], Watch]] = []
        for number in interest:
            watch = self.watches[number]
            hop, window = watch.hop_ms, watch.window_ms
            if (due := -(-end // hop) * hop) > after:
                if watch.learns_what_left:
                    entering.append((at(due, number), watch))
                else:
                    always.append(at(due, number))
            if (due := -(-(end + window) // hop) * hop) > after:
                always.append(at(due, number))
        return always, entering
