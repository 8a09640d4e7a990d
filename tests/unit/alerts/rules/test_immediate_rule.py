"""Immediate rules: one article is enough, where it meets all the conditions."""

from __future__ import annotations

import pytest

from alerts.rules.loading import parse_rules
from core.records import Article, Mention, ScoredArticle


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
