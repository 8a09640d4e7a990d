"""A pack's articles are checked against the stored texts, scores and stories."""

from __future__ import annotations

import json

import pytest

from tests.support.stored_alerts import Copy, pack_of


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE scores SET p_negative = 100, p_neutral = 9900 WHERE id = :id", "p_negative: the pack says"),
        ("UPDATE scores SET abstained = NOT abstained WHERE id = :id", "abstained: the pack says"),
        (
            "UPDATE articles SET available_at = available_at - 60000 WHERE id = :id",
            "available_at: the pack says",
        ),
        ("UPDATE articles SET publisher = 'other' WHERE id = :id", "publisher: the pack says"),
        ("UPDATE articles SET url = 'https://x.example/' WHERE id = :id", "url: the pack says"),
        ("UPDATE seen SET story = 'other' WHERE id = :id", "story: the pack says"),
    ],
)
def test_an_edited_score_label_or_story_is_found(store: Copy, statement: str, found: str) -> None:
    alert = store.alert("share")
    article = pack_of(store, alert)["articles"][0]["id"]
    store.do(statement, id=article)
    said, *_ = [one for one in store.bad(alert) if article[:12] in one]
    assert said.startswith("stored scores: 1 of ") and found in said


def test_a_score_of_the_hop_that_has_left_the_window_is_held_against_the_store_too(store: Copy) -> None:
    alert, hop = "", []
    for alert, pack in store.ask("SELECT id, evidence FROM alert_lines"):  # noqa: B007 - the one with such a hop
        inside = {one["id"] for one in json.loads(pack)["articles"]}
        hop = [one["id"] for one in json.loads(pack).get("hop_articles", []) if one["id"] not in inside]
        if hop:
            break
    store.do("UPDATE articles SET publisher = 'other' WHERE id = :id", id=hop[0])
    assert any(one.startswith("stored scores") and hop[0][:12] in one for one in store.bad(alert))


def test_a_changed_text_and_a_lost_article_are_both_told(store: Copy) -> None:
    alert = store.alert("share")
    first, second = (one["id"] for one in pack_of(store, alert)["articles"][:2])
    store.do("UPDATE articles SET body = 'other' WHERE id = :id", id=first)
    store.do("DELETE FROM articles WHERE id = :id", id=second)
    passed, told = store.verify(alert)
    assert not passed
    assert f"have another text than was scored: {first}" in told
    assert f"are not in this store: {second}" in told
