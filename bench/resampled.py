"""False alarms on real history, its days resampled: `python -m bench.resampled --store sqlite:///FILE [--weeks 60]`.

The store holds scored articles of a replay of the wire of 1987 (`newsquake up --replay … --store …`). Whole days are
drawn with replacement from days of the same weekday, so the rhythm, the lengths of stories and what comes together
within a day stay, and what lasted longer is torn apart. Days in `--leave-out` (an incident by everyone's account) are
not drawn. The desk then runs over the made-up weeks; what fires after the first fits (five weeks) is a false alarm.
Promised: not above the upper 95 % Poisson bound of the budget.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec
from scipy.stats import poisson

from alerts.rules.loading import load_rules
from backtest.history import of_store
from backtest.run import run
from bench.false_alarms import SETTLED_WEEKS
from core.records import ScoredArticle
from core.settings import StoreSettings
from core.store import open_store
from core.times import DAY, WEEK, iso, parse_iso

START = parse_iso("1990-01-01T00:00:00+00:00")  # a Monday
_THURSDAY = 3


def weekday(day: int) -> int:
    """0 = Monday, of days since 1970."""
    return (day + _THURSDAY) % 7


def drawn(days: dict[int, list[ScoredArticle]], weeks: int, seed: int) -> Iterator[ScoredArticle]:
    """`weeks` weeks of whole days; articles get ids of their own, as each day may come more than once."""
    draw = random.Random(f"resampled:{seed}")
    of_weekday: dict[int, list[int]] = defaultdict(list)
    for day in sorted(days):
        of_weekday[weekday(day)].append(day)
    for number in range(weeks * 7):
        day = START // DAY + number
        choice = of_weekday.get(weekday(day))
        if not choice:
            continue
        source = draw.choice(choice)
        shift = (day - source) * DAY
        for one in days[source]:
            article = one.article
            moved = msgspec.structs.replace(
                article,
                id=f"{number:06d}{article.id[6:]}",
                origin=f"{number}:{article.origin}"[:80],
                published_at=article.published_at + shift,
                first_seen_at=article.first_seen_at + shift,
                available_at=article.available_at + shift,
            )
            yield msgspec.structs.replace(one, article=moved)


def main() -> None:
    """Print one line per rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True)
    parser.add_argument("--weeks", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rules", type=Path)
    parser.add_argument("--least", type=int, default=50, help="a day with fewer articles was not being read")
    parser.add_argument("--leave-out", nargs="*", default=["1987-10-19", "1987-10-20"])
    options = parser.parse_args()
    out = {parse_iso(day) // DAY for day in options.leave_out}
    found: dict[int, list[ScoredArticle]] = defaultdict(list)
    store = open_store(StoreSettings(url=options.store))
    for one in of_store(store):
        found[one.article.available_at // DAY].append(one)
    store.close()
    days = {day: many for day, many in found.items() if day not in out and len(many) >= options.least}
    rules = load_rules(options.rules)
    result = run(drawn(days, options.weeks, options.seed), rules, pane_ms=60_000, lateness_ms=60_000)
    fired: dict[str, tuple[str, int]] = {}
    for line in result.lines:
        if line.state == "firing":
            fired.setdefault(line.id, (line.rule, parse_iso(line.onset)))
    settled = Counter(rule for rule, at in fired.values() if at - START > SETTLED_WEEKS * WEEK)
    after = options.weeks - SETTLED_WEEKS
    print(
        f"{len(days)} days from {iso(min(days) * DAY)[:10]} to {iso(max(days) * DAY)[:10]}, drawn into "
        f"{options.weeks} weeks: {result.articles} articles; {after} weeks after the first fits"
    )
    for rule in rules.rules:
        if rule.threshold is None:
            most = int(poisson.ppf(0.975, rule.budget_per_week * after))
            count = settled[rule.id]
            print(
                f"{rule.id:20s} budget {rule.budget_per_week:5.2f} a week  fired {count:4d} ({count / after:.2f})  "
                f"upper bound {most:4d}  {'kept' if count <= most else 'EXCEEDED'}"
            )


if __name__ == "__main__":
    main()
