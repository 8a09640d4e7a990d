"""Immediate rules that no article can meet are refused, and the message says what to write."""

from __future__ import annotations

import pytest

from alerts.rules.loading import parse_rules
from tests.support.rulestext import faults


def test_an_immediate_rule_for_everything_is_refused() -> None:
    assert "else every article is an alert" in faults("immediate:\n  - name: all\n")[0]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("entities: [CN:茅台]", "got 'CN:茅台'"),
        ('entities: ["entity:US:*"]', "got 'entity:US:*': write entities: [\"US:*\"]"),
        ("entities: [jpm]", "got 'jpm': write entities: [\"US:JPM\"] (country and ticker)"),
        ("entities: [US]", "got 'US': write entities: [\"US:*\"] (a country's companies)"),
        ('entities: ["us:jpm"]', "got 'us:jpm': write entities: [\"US:JPM\"]"),
        ('entities: ["us:*"]', "got 'us:*': write entities: [\"US:*\"]"),
        ('entities: ["[x"]', "got '[x'"),
        ('entities: ["US:JP M"]', "got 'US:JP M'"),
        ('entities: ["{jpm,c}"]', "got '{jpm,c}'"),
        ('entities: [""]', "got ''"),
        ('entities: ["US:*/topic:energy"]', 'write entities: ["US:*"] and topics: [energy]'),
        ('entities: ["topic:energy"]', "write topics: [energy]"),
        ('entities: ["entity:US:JPM@en"]', 'write entities: ["US:JPM"] and languages: [en]'),
        ("topics: [energy]\n    languages: [english]", "got 'english': write en"),
        ("topics: [energy]\n    languages: [EN]", "got 'EN': write en"),
        ("topics: [energy]\n    languages: [zh-CN]", "got 'zh-CN': write zh"),
        ("topics: [energy]\n    languages: [cn]", "got 'cn': write zh"),
        ("topics: [energy]\n    languages: [klingon]", "got 'klingon' (ISO 639)"),
    ],
)
def test_a_rule_that_no_article_can_meet_is_refused_and_told_what_to_write(written: str, said: str) -> None:
    line = 4 if "\n" in written else 3
    (told,) = faults(f"immediate:\n  - name: fraud\n    {written}\n")
    assert told.startswith(f"rules.yaml:{line}: immediate.0.") and told.endswith(said), told


@pytest.mark.parametrize(
    "entities",
    [
        '["US:*"]', '["*"]', '["**"]', '["{US,CN}:*"]', '["US:{JPM,C}"]', '["*:JPM"]', '["U?:JPM"]', '["CN:6005??"]',
        '["US:BRK.B"]', '["X:my-fund"]', '["HK:0700", "CN:600519"]', '["U*"]',
    ],
)  # fmt: skip
def test_globs_over_companies_are_taken(entities: str) -> None:
    (rule,) = parse_rules(f"immediate:\n  - name: fraud\n    entities: {entities}\n", "a").immediate
    assert rule.entities


def test_a_watch_list_names_companies_as_articles_do() -> None:
    (told,) = faults("watch_lists:\n  mine:\n    - us:jpm\n")
    assert told == "rules.yaml:3: watch_lists.mine.0: expected an entity such as US:AAPL, got 'us:jpm'"
