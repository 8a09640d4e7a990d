"""False alarms against the budget, over simulated weeks in which nothing happens: `python -m bench.false_alarms`.

The simulated newswire (newsquake/simulate, pre-scored, no incidents, 3 % wrong labels) runs through the very desk
that runs live: stories, windows, detectors, weekly fits, life cycle. Every alert that fires is a false alarm. Promised:
within ±25 % of the budget at one a week or more, else inside the 95 % Poisson interval.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from scipy.stats import poisson

from alerts.rules.loading import load_rules
from alerts.rules.model import RuleSet
from backtest.run import run
from core.records import ScoredArticle
from core.times import WEEK, parse_iso
from newsquake.simulate import SimulationSpec, generate

SETTLED_WEEKS = 5
"""Until the first fits are in force the threshold is the conservative parametric one: reported apart."""


def quiet_weeks(weeks: int, a_week: int, seed: int) -> Iterator[ScoredArticle]:
    """Scored articles in order of availability, each once; whole years, so that no list holds them all twice."""
    spec = SimulationSpec(
        seed=seed,
        weeks=weeks,
        articles=weeks * a_week,
        incidents=False,
        start_ms=parse_iso("2020-01-06T00:00:00+00:00"),
    )
    draw = random.Random(seed).random
    rows = sorted(generate(spec), key=lambda row: row.available_at)
    for number, row in enumerate(rows):
        yield row.scored(draw, spec.label_noise, number)


def measure(
    rules: RuleSet, weeks: int, a_week: int, seed: int
) -> tuple[Counter[str], Counter[str], float, int]:
    """(alerts that fired by rule, those after SETTLED_WEEKS, weeks of the simulation, articles)."""
    result = run(quiet_weeks(weeks, a_week, seed), rules, pane_ms=60_000, lateness_ms=60_000)
    first: dict[str, tuple[str, int]] = {}
    for line in result.lines:
        if line.state == "firing":
            first.setdefault(line.id, (line.rule, parse_iso(line.decided_at)))
    begin = parse_iso("2020-01-06T00:00:00+00:00")
    whole = Counter(rule for rule, _ in first.values())
    settled = Counter(rule for rule, at in first.values() if at - begin > SETTLED_WEEKS * WEEK)
    return whole, settled, float(weeks), result.articles


def first_weeks(rules: RuleSet, times: int, a_week: int, seed: int) -> None:
    """Print what fires before the first fits: the conservative tail must keep the budget's upper bound by itself."""
    fired: Counter[str] = Counter()
    for number in range(times):
        fired += measure(rules, SETTLED_WEEKS, a_week, seed + number)[0]
    weeks = times * SETTLED_WEEKS
    print(f"the first {SETTLED_WEEKS} weeks of {times} simulations without incidents")
    for rule in rules.rules:
        if rule.threshold is not None:
            continue
        most = int(poisson.ppf(0.975, rule.budget_per_week * weeks))
        series = "open" if rule.known_series is None else rule.known_series
        count = fired[rule.id]
        print(
            f"{rule.id:20s} {series!s:>5s} series  budget {rule.budget_per_week:5.2f} a week  fired {count:4d} "
            f"({count / weeks:.3f})  upper bound {most:4d}  {'kept' if count <= most else 'EXCEEDED'}"
        )


def main() -> None:
    """Print one line per rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weeks", type=int, default=200)
    parser.add_argument("--articles", type=int, default=700, help="a week")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--rules", type=Path, help="a rules.yaml; else the built-in ones")
    parser.add_argument(
        "--first",
        type=int,
        default=0,
        help="only the first weeks, of this many simulations: before the first fits",
    )
    arguments = parser.parse_args()
    rules = load_rules(arguments.rules)
    if arguments.first:
        first_weeks(rules, arguments.first, arguments.articles, arguments.seed)
        return
    began = time.perf_counter()
    whole, settled, weeks, articles = measure(rules, arguments.weeks, arguments.articles, arguments.seed)
    seconds = time.perf_counter() - began
    print(
        f"{weeks:g} simulated weeks without incidents, {articles} articles, {articles / seconds:.0f} articles/s"
    )
    print(
        f"{'rule':20s} {'budget':>7s} {'fired':>6s} {'a week':>7s} {'ratio':>6s}   95 % Poisson interval of the budget"
    )
    for rule in rules.rules:
        if rule.threshold is not None:
            continue
        after = weeks - SETTLED_WEEKS
        expected = rule.budget_per_week * after
        low, high = poisson.ppf([0.025, 0.975], expected)
        rate = settled[rule.id] / after
        kept = (
            abs(rate / rule.budget_per_week - 1.0) <= 0.25
            if rule.budget_per_week >= 1
            else low <= settled[rule.id] <= high
        )
        word = (
            "kept"
            if kept
            else "EXCEEDED"
            if rate > rule.budget_per_week
            else "below: too little evidence to spend it"
        )
        print(
            f"{rule.id:20s} {rule.budget_per_week:7.2f} {settled[rule.id]:6d} {rate:7.3f} "
            f"{rate / rule.budget_per_week:6.2f}   "
            f"{low:.0f}..{high:.0f}  {word}  (first {SETTLED_WEEKS} weeks: "
            f"{whole[rule.id] - settled[rule.id]})"
        )


if __name__ == "__main__":
    main()
