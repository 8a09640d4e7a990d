"""Identity: the same thing has the same id, another thing another one."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from core.ids import article_id, digest, partition_of, revision, text_hash


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_different_parts_have_different_digests(first: list[str], second: list[str]) -> None:
    assert (digest(*first) == digest(*second)) == (first == second)


def test_a_url_outranks_the_sources_own_id_which_outranks_time_and_text() -> None:
    by_url = article_id("s", url="u", own_id="1", published_at=5, text="a")
    assert by_url == article_id("s", url="u", own_id="2", published_at=6, text="b")
    by_own = article_id("s", own_id="1", published_at=5, text="a")
    assert by_own == article_id("s", own_id="1", published_at=6, text="b")
    assert by_own != by_url


def test_a_repeated_headline_at_another_time_is_another_article() -> None:
    headline = "FED SETS TWO BILLION DLR CUSTOMER REPURCHASE"
    assert article_id("s", published_at=1, text=headline) != article_id("s", published_at=2, text=headline)


def test_the_same_url_at_two_sources_is_two_articles() -> None:
    assert article_id("a", url="u") != article_id("b", url="u")


def test_moving_text_from_title_to_body_is_another_revision() -> None:
    assert revision("ab", "c") != revision("a", "bc")
    assert text_hash("ab", "c") != text_hash("a", "bc")


def test_broken_unicode_has_an_id_too() -> None:
    assert digest("\ud800") != digest("?")


def test_partitions_are_stable_and_even() -> None:
    assert partition_of("an id", 4) == 0  # written down: it must not change with a version
    counts = Counter(partition_of(digest(str(number)), 4) for number in range(8_000))
    assert set(counts) == {0, 1, 2, 3}
    assert all(1_800 < count < 2_200 for count in counts.values())
