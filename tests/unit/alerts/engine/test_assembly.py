"""A desk is built in one place: a runner per window rule, budgets where the rule names no threshold."""

from __future__ import annotations

from alerts.engine.assembly import make_desk, runners_of
from alerts.engine.watermark import NEVER
from alerts.rules.loading import parse_rules
from alerts.testing import share_runners
from core.times import MINUTE

RULES = parse_rules(
    """
rules:
  - {name: fitted, series: ["topic:*"], window: 3h, detector: negative_share, budget: 2}
  - {name: fixed, series: ["all"], metric: stories, threshold: 5}
""",
    "rules.yaml",
)


def test_runners_stand_in_the_rules_order_and_only_fitted_ones_have_a_budget() -> None:
    runners = runners_of(RULES, MINUTE)
    assert [runner.rule.id for runner in runners] == ["fitted", "fixed"]
    assert [runner.threshold.budget is not None for runner in runners] == [True, False]
    assert runners[1].threshold.value(0) == 5.0


def test_a_new_desk_knows_nothing_and_has_parts_of_its_own() -> None:
    one = make_desk(RULES, partitions=2, pane_ms=MINUTE, lateness_ms=MINUTE)
    other = make_desk(RULES, partitions=2, pane_ms=MINUTE, lateness_ms=MINUTE, make_runners=share_runners)
    assert one.closed == NEVER and one.open_panes == 0
    assert one.windows is not other.windows and one.stories is not other.stories
    assert {runner.detector.kind for runner in other.runners} == {"share"}
