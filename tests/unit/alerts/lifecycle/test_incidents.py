"""Which alerts make one incident."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.lifecycle.incidents import Incidents, group_of
from alerts.rules.loading import parse_rules
from core.times import DAY


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "topic:energy", ("entity",)), ("c", "entity:US:JPM", ("topic",))),
        (("a", "topic:energy", ("entity",)), ("a", "topic:crypto", ("entity",))),
        (("a", "all", ("topic",)), ("a", "source:reuters", ("topic",))),
        (("a", "entity:US:JPM", ("entity", "topic")), ("a", "entity:US:C", ("entity", "topic"))),
    ],
)
def test_series_that_lack_what_is_grouped_by_are_not_related_by_that(one: tuple, other: tuple) -> None:
    assert group_of(*one) != group_of(*other)


def test_the_docs_rule_makes_one_incident_of_a_company_listed_in_two_places() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs/rules.md").read_text(encoding="utf-8")
    part = page[page.index("## A company listed in two places") :]
    (rule,) = parse_rules(part.split("```yaml\n")[1].split("```")[0], "rules.yaml").rules
    both = ["entity:US:BABA", "entity:HK:09988"]
    assert [rule.matches(series) for series in [*both, "entity:US:JD"]] == [True, True, False]
    assert len({group_of(rule.id, series, rule.group_by) for series in both}) == 1


def test_series_that_share_it_are_one_incident_within_a_day() -> None:
    english, chinese = (group_of("a", f"topic:energy@{tongue}", ("entity",)) for tongue in ("en", "zh"))
    assert english == chinese
    incidents = Incidents()
    first = incidents.join(english, "1", 0)
    assert incidents.join(chinese, "2", DAY) == first != incidents.join(chinese, "3", 2 * DAY + 1)
