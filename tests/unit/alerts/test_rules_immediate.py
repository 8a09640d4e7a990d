"""Immediate rules: one article is enough, where it meets all the conditions."""

from __future__ import annotations

import pytest

from alerts.rules.loading import parse_rules
from core.records import Article, Mention, ScoredArticle
from tests.support.rulestext import faults


def scored(**changes: object) -> ScoredArticle:
    article = Article(
        id="a", revision="r", origin="o", source="s", publisher="reuters.com", title="t",
        published_at=0, first_seen_at=0, available_at=0,
    )  # fmt: skip
    fields = {
        "article": article, "p_negative": 9500, "p_neutral": 300, "p_positive": 200, "model_version": "m",
        "language": "en", "topics": {"legal_regulation": 9000, "energy": 300},
        "mentions": (Mention("US:JPM", "JPMorgan", 9000, 9700, 200, 100), Mention("US:C", "Citi", 2000, 9900, 50, 50)),
    }  # fmt: skip
    return ScoredArticle(**(fields | changes))  # type: ignore[arg-type]


IMMEDIATE = """
trust: {"reuters.com": 0.9, "*.example": 0.1, "spam.example": 0}
immediate:
  - name: fraud
    entities: ["US:*"]
    topics: [legal_regulation]
    min_trust: 0.6
"""


def test_one_article_is_enough_where_an_immediate_rule_says_so() -> None:
    (rule,) = parse_rules(IMMEDIATE, "a").immediate
    assert rule.match(scored()) == "entity:US:JPM/topic:legal_regulation"


@pytest.mark.parametrize(
    "changes",
    [
        {"topics": {"legal_regulation": 4000}},
        {"mentions": ()},
        {"mentions": (Mention("US:C", "Citi", 2000, 9900, 50, 50),)},
        {"mentions": (Mention("US:JPM", "J", 9000, 5000, 5000, 0),)},
        {"mentions": (Mention("US:JPM", "J", 9000, 9900, 100, 0, abstained=True),)},
        {"mentions": (Mention("CN:600519", "茅台", 9000, 9900, 100, 0),)},
    ],
)
def test_an_immediate_rule_asks_for_all_its_conditions(changes: dict[str, object]) -> None:
    (rule,) = parse_rules(IMMEDIATE, "a").immediate
    assert rule.match(scored(**changes)) is None


def test_an_untrusted_publisher_raises_no_immediate_alert() -> None:
    rules = parse_rules(IMMEDIATE, "a")
    (rule,) = rules.immediate
    import msgspec

    article = msgspec.structs.replace(scored().article, publisher="forum.example")
    assert rule.match(scored(article=article)) is None
    assert rules.trust("reuters.com") == 9000 and rules.trust("forum.example") == 1000
    assert rules.trust("spam.example") == 0 and rules.trust("") == 5000


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
