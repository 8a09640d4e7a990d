"""Evidence packs as a desk makes them: two quiet days, then an hour of bad news."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from alerts.engine.assembly import runners_of
from alerts.engine.desk import Desk
from alerts.engine.effects import Change
from alerts.engine.watermark import Watermark
from alerts.evidence import assembly, schema
from alerts.rules.loading import parse_rules
from alerts.rules.model import RuleSet
from alerts.testing import START, scored
from core.records import Marker, ScoredArticle
from core.times import HOUR, MINUTE

RULES = parse_rules(
    """
rules:
  - name: share
    series: ["topic:energy", "entity:US:XOM"]
    window: 1h
    detector: {kind: negative_share, warmup_stories: 20}
    threshold: 2.0
    minimum: {stories: 3, publishers: 2, negative_publishers: 2, stories_beside_one: 2}
    resolve: {below: 0.7, after: 30m}
  - name: many
    series: ["topic:energy"]
    window: 1h
    detector: {kind: volume, warmup_hours: 12, warmup_stories: 20}
    minimum: {stories: 3}
    budget: 2000/week
  - name: fixed
    series: ["topic:energy"]
    window: 1h
    metric: negative_share
    threshold: 0.9
immediate:
  - name: at-once
    topics: [energy]
    min_probability: 0.97
""",
    "rules.yaml",
)


def news() -> list[ScoredArticle]:
    """Two quiet days, then an hour of bad news."""
    rng = random.Random(5)
    made = [
        scored(number, START + number * 10 * MINUTE + rng.randrange(MINUTE), negative=rng.choice([900, 2000, 6000]),
               entities=["US:XOM"] if number % 2 else [])
        for number in range(2 * 24 * 6)
    ]  # fmt: skip
    burst = START + 50 * HOUR
    made += [
        scored(1000 + number, burst + number * 2 * MINUTE, negative=9_800 if number == 3 else 9_000,
               entities=["US:XOM"], title=f"Refinery burns for day {number}", abstained=number == 7)
        for number in range(25)
    ]  # fmt: skip
    return made


def packs(rules: RuleSet = RULES, told: Sequence[ScoredArticle] = ()) -> list[schema.Pack]:
    """The packs of all that the desk decides."""
    return [schema.load(assembly.assemble(inputs)) for _, inputs in decided(rules, told)]


def decided(
    rules: RuleSet = RULES, told: Sequence[ScoredArticle] = ()
) -> list[tuple[Change, assembly.Inputs]]:
    """What the desk decides, with the inputs of each pack, made as alerts/storage/persist.py makes them."""
    articles = {one.article.id: one for one in told or news()}
    desk = Desk(rules, runners_of(rules, MINUTE), Watermark(1, MINUTE), MINUTE)
    for one in sorted(articles.values(), key=lambda one: one.article.available_at):
        desk.add(one)
    desk.on_marker(0, Marker(writer="t", t=START + 60 * HOUR, end=True))
    changes: list[Change] = []
    more = True
    while more:
        more = desk.advance()
        changes += desk.effects().changes
    found = []
    for change in changes:
        common: dict[str, Any] = {
            "line": change.line, "rules_version": rules.version, "pane_ms": MINUTE, "lateness_ms": MINUTE,
            "articles": [(articles[name], story) for name, story in change.articles],
        }  # fmt: skip
        if change.runner is None or change.result is None:
            found.append((change, assembly.Inputs(rule=rules.rule(change.line.rule), **common)))
            continue
        left = None if change.left is None else [(articles[name], story) for name, story in change.left]
        fit = change.runner.threshold.fit(change.at) if change.runner.rule.threshold is None else None
        result = change.result
        found.append(
            (
                change,
                assembly.Inputs(
                    rule=change.runner.rule, window=result.evaluation.window, hop=result.hop,
                    verdict=result.evaluation.verdict,
                    threshold=result.evaluation.threshold, fit=fit.to_json() if fit else "",
                    context=change.runner.describe(), state=result.prior, left=left, **common,
                ),
            )
        )  # fmt: skip
    return found
