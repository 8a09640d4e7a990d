"""Story -> Window -> Detect -> Decide, put together: the one place that builds a desk, for live and for replay."""

from __future__ import annotations

from collections.abc import Callable

from alerts.engine.desk import Desk
from alerts.engine.rule_runner import RuleRunner
from alerts.engine.watermark import Watermark
from alerts.rules.model import RuleSet
from alerts.stories.book import StoryBook
from alerts.thresholds.history import history_of
from alerts.windows.recent_panes import RecentPanes

MakeRunners = Callable[[RuleSet, int], list[RuleRunner]]
"""(rules, length of a pane in ms) -> one runner per window rule, in the rule set's order."""


def runners_of(rules: RuleSet, pane_ms: int) -> list[RuleRunner]:
    """Detect and Decide: a runner per window rule, with a budget where the rule has no threshold of its own."""
    return [
        RuleRunner(rule, pane_ms, budget=history_of(rule, pane_ms) if rule.threshold is None else None)
        for rule in rules.rules
    ]


def make_desk(
    rules: RuleSet,
    *,
    partitions: int,
    pane_ms: int,
    lateness_ms: int,
    make_runners: MakeRunners = runners_of,
) -> Desk:
    """Return a desk without any state.

    `partitions`: of the topic that its articles and markers come from. `make_runners`: other runners than the rules'
    own (previews, tests). Raises ConfigError for a detector that the registry does not know.
    """
    return Desk(
        rules,
        make_runners(rules, pane_ms),
        Watermark(partitions, lateness_ms),
        pane_ms,
        stories=StoryBook(),
        windows=RecentPanes(),
    )
