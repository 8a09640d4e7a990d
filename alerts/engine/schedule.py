"""When which rule must evaluate which series: each (rule, series) once per grid point, in a fixed order."""

from __future__ import annotations

import heapq


def ceil_to(at: int, grid: int) -> int:
    """Return the first multiple of `grid` at or after `at` (both in the same unit).

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
        """Plan an evaluation of `series` by the rule numbered `rule` at `at` (epoch ms)."""
        self.at(at, rule).add(series)

    def at(self, at: int, rule: int) -> set[str]:
        """Return the set of series that the rule is to evaluate at `at` (epoch ms), for callers to add to.

        Plans `at` as a time to pop, also if the set stays empty.
        """
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
        """The earliest time (epoch ms) at which an evaluation is due, or None."""
        return self._times[0] if self._times else None

    def pop(self) -> list[tuple[int, str]]:
        """Remove and return what is due at the earliest time: (rule, series), sorted. Raises IndexError for none."""
        rules = self._due.pop(heapq.heappop(self._times))
        found: list[tuple[int, str]] = []
        for rule in sorted(rules):
            for series in sorted(rules[rule]):
                found.append((rule, series))
        return found
