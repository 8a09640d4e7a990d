"""A series with fewer articles than a rule asks for is not evaluated when one more comes: what comes out is the same.

Held against a desk that plans an evaluation for every pane that comes.
"""

from __future__ import annotations

import random

import pytest

from alerts.engine.assembly import runners_of
from alerts.engine.desk import Desk
from alerts.engine.watermark import Watermark
from alerts.rules.loading import parse_rules
from alerts.testing import START, desk_of, drive, end_marker, lines, rule_set, scored
from alerts.windows.recent_panes import UNCOUNTED, RecentPanes
from core.times import DAY, HOUR, MINUTE

RULES = """
rules:
  - name: few
    series: ["entity:*"]
    window: 3h
    detector: {kind: volume, warmup_stories: 5}
    minimum: {articles: 4}
    threshold: 1.5
  - name: bad
    series: ["entity:*"]
    window: 3h
    detector: {kind: negative_volume, warmup_stories: 3}
    minimum: {stories: 3}
    threshold: 1.5
    hold: 30m
  - name: many
    series: ["entity:*"]
    window: 3h
    detector: {kind: volume, warmup_stories: 5}
    minimum: {articles: 40}
    threshold: 1
  - {name: still, series: ["entity:*"], window: 3h, metric: articles, threshold: 5, minimum: {articles: 5}}
"""


class Eager(RecentPanes):
    """Takes every series for one with many articles."""

    def add(self, series, start, observations):
        super().add(series, start, observations)
        return UNCOUNTED


def _run(windows: RecentPanes | None, articles: list) -> tuple[bytes, list, list, int]:
    rules = parse_rules(RULES, "r")
    desk = Desk(rules, runners_of(rules, MINUTE), Watermark(1, MINUTE), MINUTE, windows=windows)
    planned = 0
    pop = desk.plan.evaluations.pop

    def popped():
        nonlocal planned
        due = list(pop())
        planned += len(due)
        return due

    desk.plan.evaluations.pop = popped  # type: ignore[method-assign]
    effects = drive(desk, [*articles, end_marker(START + 30 * DAY)])
    findings = [finding for one in effects for finding in one.findings]
    states = {
        (key, name): state
        for one in effects
        for key, made in one.detectors.items()
        for name, state in made.items()
    }
    return lines(effects), findings, sorted(states.items()), planned


@pytest.mark.parametrize("seed", range(4))
def test_what_comes_out_is_the_same_and_fewer_evaluations_are_planned(seed):
    draw = random.Random(seed)
    articles, at = [], START
    for n in range(1_500):
        # quiet days, with bursts about one company: one article a minute for an hour, so more than forty in a window
        bursting = n % 300 < 60
        at += MINUTE if bursting else draw.randrange(1, 40) * MINUTE
        company = "US:BURST" if bursting else f"US:C{draw.randrange(30)}"
        articles.append(
            scored(n, at, entities=[company], negative=9_000 if bursting else draw.choice([1_000, 9_000]))
        )
    plain = _run(Eager(), articles)
    sparse = _run(None, articles)
    assert sparse[:3] == plain[:3]
    assert sparse[3] < plain[3]
    fired = sparse[0].decode()
    assert all(f'"{rule}"' in fired for rule in ("few", "bad", "many", "still"))


def test_a_rule_that_asks_for_more_articles_than_panes_are_counted_is_evaluated():
    """Fifty panes of one article each, and then of two: nobody counts so many, and so none is skipped."""
    windows = RecentPanes()
    held = [
        windows.add("s", n * MINUTE, [(n, "a", "s", "p", "w", 1, 0, 0, 0, 0)] * 2)  # type: ignore[list-item]
        for n in range(50)
    ]
    assert held[:4] == [2, 4, 6, 8]
    assert all(number >= 2 * (n + 1) for n, number in enumerate(held))
    assert not windows.holds_fewer("s", 0, HOUR, 100)


def test_rule_that_matches_fifty_thousand_series_is_evaluated_sparsely():
    desk = desk_of(rule_set())
    articles = [
        scored(n, START + n, entities=[f"US:C{10 * n + k}" for k in range(10)], title=f"T{n} x")
        for n in range(5_000)
    ]
    drive(desk, [*articles, end_marker(START + DAY)], chunk=5_000)
    detector = desk.runners[0].detector
    series = 10 * len(articles)
    assert sum(name.startswith("entity:US:C") for name in detector.dump()) == series == 50_000
    # Below its minimum of evidence a series is learned from when something came, and never evaluated for nothing.
    assert series <= detector.steps < 3 * series
    assert len(desk.windows) == 0
