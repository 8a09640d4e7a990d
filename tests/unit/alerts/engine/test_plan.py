"""Series are evaluated when something came, and not otherwise."""

from __future__ import annotations

from alerts.testing import START, desk_of, drive, end_marker, rule_set, scored
from core.times import DAY


def test_rule_that_matches_fifty_thousand_series_is_looked_at_sparsely():
    desk = desk_of(rule_set())
    articles = [
        scored(n, START + n, entities=[f"US:C{10 * n + k}" for k in range(10)], title=f"T{n} x")
        for n in range(5_000)
    ]
    drive(desk, [*articles, end_marker(START + DAY)], chunk=5_000)
    detector = desk.runners[0].detector
    series = 10 * len(articles)
    assert sum(name.startswith("entity:US:C") for name in detector.dump()) == series == 50_000
    # Below its minimum of evidence a series is learned from when something came, and never looked at for nothing.
    assert series <= detector.steps < 3 * series
    assert len(desk.windows) == 0
