"""Loading rules.yaml: what is written is what the desk runs, and what decides has a version."""

from __future__ import annotations

import pytest

from alerts.detectors import KINDS
from alerts.rules.loading import load_rules, parse_rules
from tests.support.rulestext import MINIMAL, faults, only


def test_the_built_in_rules_load_and_cover_markets_topics_and_companies() -> None:
    rules = load_rules()
    watched = {
        series: [rule.id for rule in rules.rules if rule.matches(series)]
        for series in ("topic:equities_market", "topic:legal_regulation", "entity:US:JPM", "all")
    }
    assert all(watched.values())
    assert "market-negative" in watched["topic:equities_market"]
    assert "topic-negative" not in watched["topic:equities_market"]


def test_one_wire_alone_can_raise_the_market_but_no_company_nor_rumour() -> None:
    rules = load_rules()
    for rule in rules.rules:
        market = rule.matches("topic:equities_market")
        company = rule.matches("entity:US:JPM") or rule.matches("topic:company_product")
        assert not (market and company)
        if market:
            assert rule.min_publishers <= 1
        if company:
            assert rule.min_publishers >= 2


def test_comments_white_space_and_key_order_change_no_version() -> None:
    other = """
# a comment
rules:
    -   detector:   {kind: negative_share}   # spelled out
        series: [ 'topic:*' ]
        window: 60m
        name: one
"""
    assert parse_rules(MINIMAL, "a").version == parse_rules(other, "b").version
    assert only(MINIMAL).version == only(other).version


def test_what_decides_changes_the_rules_version_and_who_hears_does_not() -> None:
    plain = only(MINIMAL).version
    assert only(MINIMAL + "    route: {default: [mail]}\n").version == plain
    assert only(MINIMAL + "    about: something\n").version == plain
    assert only(MINIMAL + "    minimum: {negative_publishers: 0, stories_beside_one: 0}\n").version == plain
    for change in (
        "minimum: {negative_publishers: 2}",
        "minimum: {stories_beside_one: 2}",
        "window: 2h",
        "budget: 2/week",
        "hold: 5m",
        "minimum: {publishers: 2}",
        "direction: down",
    ):
        assert only(MINIMAL + f"    {change}\n").version != plain, change
    routed = parse_rules(MINIMAL + "    route: {default: [mail]}\n", "a")
    assert routed.version != parse_rules(MINIMAL, "a").version


def test_the_rules_direction_reaches_its_detector_and_the_metric_follows_from_the_kind() -> None:
    rule = only(MINIMAL.replace("negative_share", "volume") + "    direction: down\n")
    assert rule.params["direction"] == "down" and rule.metric == "stories"
    assert only(MINIMAL).metric == "negative_share"


@pytest.mark.skipif("static" not in KINDS, reason="no static detector yet")
def test_a_static_rule_needs_a_threshold_and_a_threshold_alone_means_static() -> None:
    assert only(MINIMAL.replace("detector: negative_share", "threshold: 0.6")).detector == "static"
    assert "needs a threshold" in faults(MINIMAL.replace("negative_share", "static"))[0]


def test_a_route_by_severity_and_the_files_own_route() -> None:
    rule = only(MINIMAL + "    route: {default: [mail], critical: [mail, pager], low: []}\n")
    assert rule.channels("medium") == ("mail",)
    assert rule.channels("critical") == ("mail", "pager")
    assert rule.channels("low") == ()
    assert only(MINIMAL).channels("low") == ("*",)
    assert only(MINIMAL + "notify: {route: {default: [hook]}}\n").channels("low") == ("hook",)


def test_a_rule_on_negative_volume_counts_negative_stories() -> None:
    rules = parse_rules("rules:\n  - {name: bad, detector: negative_volume, series: [all]}\n", "rules.yaml")
    assert rules.rules[0].metric == "negative_stories"


def test_what_a_detector_is_told_of_direction_and_metric_is_what_the_rule_speaks_of() -> None:
    told = only(
        'rules:\n  - {name: one, series: ["all"], detector: {kind: static, metric: publishers}, threshold: 4}\n'
    )
    assert told.metric == "publishers"
    assert (
        only(MINIMAL.replace("negative_share", "{kind: negative_share, direction: down}")).direction == "down"
    )


def test_a_set_keeps_its_version_where_a_later_minimum_asks_nothing() -> None:
    text = """
rules:
  - name: share
    series: ["topic:energy"]
    window: 1h
    detector: {kind: negative_share}
    minimum: {stories: 3, publishers: 2}
"""
    # As commit 70e640e made it, which knew neither minimum.negative_publishers nor minimum.stories_beside_one.
    rules = parse_rules(text, "rules.yaml")
    assert (rules.version, rules.rules[0].version) == ("4f09941e28cee5c0", "1d8df3b44c09db16")
    asked = parse_rules(text.replace("publishers: 2", "publishers: 2, negative_publishers: 2"), "rules.yaml")
    assert asked.version != rules.version
