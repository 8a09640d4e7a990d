"""What a rule watches: globs, exclusions, languages, watch lists."""

from __future__ import annotations

import pytest

from alerts.rules.loading import parse_rules
from alerts.testing import START, scored
from alerts.windows.naming import names
from tests.support.rulestext import MINIMAL, faults, only


def test_a_star_stays_within_its_part_of_the_name() -> None:
    rule = only(MINIMAL.replace("topic:*", "entity:*"))
    assert rule.matches("entity:US:AAPL")
    assert not rule.matches("entity:US:AAPL@zh")
    assert not rule.matches("entity:US:AAPL/topic:energy")
    deep = only(MINIMAL.replace("topic:*", "entity:**"))
    assert deep.matches("entity:US:AAPL/topic:energy@en")


def test_exclude_and_braces_and_languages() -> None:
    rule = only(MINIMAL + '    exclude: ["topic:{energy,crypto}"]\n')
    assert rule.matches("topic:general") and not rule.matches("topic:crypto")
    assert only(MINIMAL.replace("topic:*", "topic:*@zh")).matches("topic:energy@zh")


@pytest.mark.parametrize(
    ("glob", "said"),
    [
        ("entity:JPM", "expected companies such as entity:US:JPM"),
        ("entity:jpm", "expected companies such as entity:US:JPM"),
        ("entity:us:JPM", "expected companies"),
        ("entity:[JB]*", "expected companies"),
        ("entity:{a,b}/topic:energy", "expected companies"),
        ("entity:*@english", "expected a language's code, such as en or zh, got 'english'"),
        ("topic:*@EN", "expected a language's code"),
        ("all/topic:energy", "write topic:energy"),
        ("topic:energy/topic:crypto", "write topic:crypto"),
        ("source:*@en", "not split by language"),
        ("{topic:energy@english,entity:JPM@zh}", "expected a language's code"),
        ("entity:JPM{,@en}", "expected companies"),
    ],
)
def test_a_glob_that_no_series_can_match_is_a_fault(glob: str, said: str) -> None:
    assert said in faults(MINIMAL.replace("topic:*", glob))[0]


@pytest.mark.parametrize(
    "glob",
    [
        "entity:{US:JPM,US:BRK.B}", "entity:{jpm,US:JPM}", "entity:*:JPM", "entity:U?:*", "entity:HK:0700@{en,zh}",
        "entity:**", "entity:*/topic:{energy,crypto}@zh", "entity:US:*@*", "*@zh-TW", "source:a/b", "**",
        "entity:US:JPM{,@en}", "{all@zh,topic:energy@en}", "topic:{energy,crypto}{,@zh}", "entity:*{,/topic:energy}",
        "{entity:US:JPM/topic:energy,topic:energy@english}", "entity:US:**:energy",
    ],
)  # fmt: skip
def test_a_glob_that_some_series_can_match_is_none(glob: str) -> None:
    assert only(MINIMAL.replace("topic:*", glob))


def test_every_series_of_an_article_can_be_named_by_a_rule() -> None:
    one = scored(1, START, entities=["US:BRK.B", "CN:600900"], topics={"energy": 9_000, "crypto": 8_000})
    found = [name for name, _ in names(one, watched={"US:BRK.B"}, wanted=lambda _: True)]
    assert {"all@en", "entity:US:BRK.B/topic:energy@en"} <= set(found)
    assert all(only(MINIMAL.replace("topic:*", name)).matches(name) for name in found)


def test_a_watch_list_narrows_to_its_companies() -> None:
    text = """
watch_lists: {banks: ["US:JPM", "US:C"]}
rules:
  - {name: banks, watch_list: banks, series: ["entity:*", "entity:*/topic:*"], detector: negative_share}
"""
    rule = only(text)
    assert rule.matches("entity:US:JPM") and rule.matches("entity:US:C/topic:energy")
    assert not rule.matches("entity:US:AAPL")
    assert parse_rules(text, "a").watched == {"US:JPM", "US:C"}
    assert only(text.replace('"US:C"', '"US:BAC"')).version != rule.version


@pytest.mark.parametrize(
    "text",
    [
        MINIMAL.replace("topic:*", "entity:" + "*a" * 8 + "b"),
        MINIMAL + '    exclude: ["entity:*a*a{*a*a*a,b}"]\n',
        MINIMAL + 'trust: {"*a*a*a*a*a.example": 0.5}\n',
        MINIMAL + 'immediate: [{name: now, entities: ["*A*A*A*A*A"]}]\n',
        MINIMAL + 'inhibit: [{by: {rule: "*a*a*a*a*a"}, what: {series: "entity:*"}}]\n',
    ],
)
def test_a_glob_that_would_take_for_ever_to_match_is_a_fault(text: str) -> None:
    assert any("more than 4 stars" in fault for fault in faults(text))


def test_stars_of_alternatives_count_apart() -> None:
    glob = "source:{reuters*,bloomberg*,xinhua*,caixin*,ft*,wsj*}"
    assert only(MINIMAL.replace("topic:*", glob)).matches("source:wsj-world")
    assert only(MINIMAL.replace("topic:*", "entity:**/topic:*@*")).matches("entity:US:C/topic:energy@en")


def test_a_rule_that_matches_fifty_thousand_series_is_allowed_and_quick() -> None:
    rule = only(MINIMAL.replace("topic:*", "entity:*"))
    assert sum(rule.matches(f"entity:X:company-{number}") for number in range(50_000)) == 50_000
