"""The strongest headlines that differ from one another."""

from __future__ import annotations

from alerts.evidence.headlines import strongest_headlines
from alerts.evidence.schema import EvidenceArticle


def article(name: str, title: str, story: str, negative: int, abstained: bool = False) -> EvidenceArticle:
    return EvidenceArticle(
        id=name, revision="r", text_hash="h", title=title, url="", source="s", publisher="p", language="en",
        published_at=0, available_at=0, story=story, p_negative=negative, p_neutral=10_000 - negative, p_positive=0,
        abstained=abstained,
    )  # fmt: skip


def test_the_strongest_comes_first_and_one_story_once() -> None:
    articles = [
        article("a", "Bank fined over rates", "s1", 6000),
        article("b", "Bank fined over rates again", "s1", 9000),
        article("c", "Oil spill in the gulf", "s2", 7000),
    ]
    assert strongest_headlines(articles, "negative") == ["b", "c"]
    assert strongest_headlines(articles[::-1], "negative", most=1) == ["b"]


def test_a_similar_title_gives_way_to_another() -> None:
    articles = [
        article("a", "Bank fined over rates", "s1", 9000),
        article("b", "Bank fined over rates", "s2", 8900),
        article("c", "Oil spill in the gulf", "s3", 7000),
    ]
    assert strongest_headlines(articles, "negative", most=2) == ["a", "c"]


def test_an_abstention_is_weakest() -> None:
    articles = [article("a", "x", "s1", 9000, abstained=True), article("b", "y", "s2", 100)]
    assert strongest_headlines(articles, "any") == ["b", "a"]
