"""Between two points of its grid a rule judges a window that fills fast, when its pane ends; that teaches nothing."""

from __future__ import annotations

from alerts.engine.assembly import runners_of
from alerts.engine.desk import Desk
from alerts.engine.rule_runner import RuleRunner
from alerts.engine.watermark import Watermark
from alerts.rules.loading import parse_rules
from alerts.testing import START, drive, end_marker, scored
from core.times import DAY, HOUR, MINUTE, iso

RULES = """
rules:
  - {name: busy, series: ["topic:energy"], window: 3h, metric: stories, threshold: 5, minimum: {stories: 5}}
  - name: bad
    series: ["topic:energy"]
    window: 3h
    detector: {kind: negative_volume, warmup_stories: 5}
    minimum: {stories: 3}
    threshold: 3
"""
GRID = 15 * MINUTE


def _desk() -> Desk:
    rules = parse_rules(RULES, "r")
    return Desk(rules, runners_of(rules, MINUTE), Watermark(1, MINUTE), MINUTE)


def _history(days: int = 9) -> list:
    return [scored(n, START + n * 4 * HOUR, negative=9_000 if n % 5 == 0 else 1_000) for n in range(days * 6)]


def _fired(effects: list) -> dict[str, str]:
    lines = [change.line for one in effects for change in one.changes if change.line.state == "firing"]
    return {line.rule: line.onset for line in reversed(lines)}


def test_a_burst_fires_at_the_end_of_the_pane_that_is_enough() -> None:
    burst = (START + 9 * DAY) // GRID * GRID
    articles = [scored(900 + n, burst + n * MINUTE, negative=9_000) for n in range(8)]
    fired = _fired(drive(_desk(), [*_history(), *articles, end_marker(burst + DAY)]))
    assert fired["busy"] == iso(burst + 5 * MINUTE)
    assert fired["bad"] < iso(burst + 8 * MINUTE)


def test_a_trickle_waits_for_the_grid() -> None:
    """One story in thirteen of a window's is less than a hop's share."""
    evaluations: list[int] = []
    desk = _desk()
    runner = desk.runners[0]
    evaluate = runner.evaluate

    def recorded(at, window, hop, evidence):
        evaluations.append(at)
        return evaluate(at, window, hop, evidence)

    runner.evaluate = recorded  # type: ignore[method-assign]
    begin = (START + DAY) // GRID * GRID
    steady = [scored(n, begin + n * 13 * MINUTE) for n in range(14)]  # one of the last hop's in thirteen
    drive(desk, [*steady, end_marker(begin + DAY)])
    early = [at for at in evaluations if at % GRID]
    assert early and max(early) < begin + 12 * 13 * MINUTE + 2 * MINUTE
    assert all(at % MINUTE == 0 for at in evaluations)


def test_an_early_evaluation_learns_nothing_of_counts() -> None:
    """A hop is learned when the grid says so: the detector after a burst is the same, evaluated early or not."""
    burst = (START + 9 * DAY) // GRID * GRID
    articles = [scored(900 + n, burst + n * MINUTE, negative=9_000) for n in range(8)]
    records = [*_history(), *articles, end_marker(burst + 3 * DAY)]

    def state(early: bool) -> tuple[int, dict[str, bytes]]:
        desk = _desk()
        runner: RuleRunner = desk.runners[1]
        runner.evaluates_early = runner.evaluates_early and early
        evaluations = sum(len(one.findings) for one in drive(desk, records))
        return evaluations, dict(runner.detector.dump())

    (more, with_them), (fewer, without) = state(True), state(False)
    assert more > fewer and with_them == without
