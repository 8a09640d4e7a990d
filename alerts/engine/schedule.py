"""When which rule must evaluate which series: each (rule, series) once per grid point, in a fixed order."""

from __future__ import annotations

import heapq


def ceil_to(at: int, grid: int) -> int:
    """The first point of the grid (aligned to the epoch) at or after `at`.

    >>> ceil_to(61, 60), ceil_to(60, 60)
    (120, 60)
    """
    return -(-at // grid) * grid


class Schedule:
    """Evaluations due, by time, then rule, then series."""

    def __init__(self) -> None:
        self._due: dict[int, dict[int, set[str]]] = {}
        self._times: list[int] = []

    def add(self, at: int, rule: int, series: str) -> None:
        """The rule numbered `rule` shall evaluate `series` at time `at`."""
        self.at(at, rule).add(series)

    def at(self, at: int, rule: int) -> set[str]:
        """The set of series that the rule shall evaluate at `at`; callers add to it."""
        rules = self._due.get(at)
        if rules is None:
            self._due[at] = rules = {}
            heapq.heappush(self._times, at)
        found = rules.get(rule)
        if found is None:
            rules[rule] = found = set()
        return found

    @property
    def next(self) -> int | None:
        """The earliest time at which an evaluation is due; None: there is none."""
        return self._times[0] if self._times else None

    def pop(self) -> list[tuple[int, str]]:
        """What is due at the earliest time: (rule, series), sorted."""
        rules = self._due.pop(heapq.heappop(self._times))
        found: list[tuple[int, str]] = []
        for rule in sorted(rules):
            for series in sorted(rules[rule]):
                found.append((rule, series))
        return found
