"""What is enqueued for people of an alert, what is not, and under which ids."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from alerts.delivery import outbox
from core.errors import ConfigError
from core.store import Store
from core.times import DAY, HOUR, iso
from tests.support.alertrows import Change, change, rows, rules_of
from tests.support.records import T0
from tests.support.scene import NOW, ROUTED, Scene


def test_a_pending_alert_is_nobodys_business(scene: Scene) -> None:
    scene.decided(change(scene.rules, state="pending"))
    assert rows(scene.store) == []


def test_a_backlog_is_kept_and_not_sent_where_the_rules_say_so(sqlite_store: Store) -> None:
    scene = Scene(sqlite_store, "notify: {stale_after: 1d}\n")
    scene.now = T0 + 3 * DAY
    scene.fires()
    assert set(scene.kept()) == {"stale"}
    scene.fires(onset=scene.now - HOUR, series="entity:US:C")
    assert len(scene.told()) == 2


def test_a_rule_that_is_gone_still_resolves_its_alert(scene: Scene) -> None:
    alert = change(scene.rules)
    scene.decided(alert)
    resolved = change(scene.rules, state="resolved", decided_at=T0 + HOUR)
    scene.rules = rules_of(ROUTED, "rules: []\n")
    scene.decided(resolved)
    assert scene.told() == [("firing", "team"), ("resolved", "team")]


def test_withheld_notifications_can_be_sent_again_by_hand(scene: Scene) -> None:
    scene.decided(change(scene.rules), notify=False)
    with scene.store.write() as connection:
        assert outbox.replay(connection, "main", "withheld", None, NOW) == 1
        with pytest.raises(ConfigError, match="no notification to send again"):
            outbox.replay(connection, "main", "withheld", None, NOW)
        with pytest.raises(ConfigError, match="at least 8 characters"):
            outbox.replay(connection, "main", "%", None, NOW)
    assert scene.told() == [("firing", "team")]


def test_ids_of_notifications_tell_what_and_not_when() -> None:
    one = outbox.notification_id("main", "a", "firing", "high")
    assert one == outbox.notification_id("main", "a", "firing", "high")
    others = [
        ("desk", "a", "firing", "high"),
        ("main", "b", "firing", "high"),
        ("main", "a", "resolved", "high"),
        ("main", "a", "firing", "critical"),
    ]
    assert len({one, *(outbox.notification_id(*parts) for parts in others)}) == 5


IMMEDIATE = """
immediate:
  - {name: bank, entities: ["US:JPM"], min_probability: 0.8}
"""


@pytest.mark.parametrize(
    ("told", "heard"),
    [
        ([("a", 0), ("b", 56_000)], 1),
        ([("b", 56_000), ("a", 0)], 1),  # a batch that does not come in the order of time
        ([("a", 0), ("b", 2 * HOUR)], 2),
        ([("a", 0), ("a", 2 * HOUR)], 1),  # a second revision of one article
        ([("a", 0), ("a", 2 * DAY)], 2),
    ],
)
def test_further_reports_of_one_piece_of_news_are_told_once(
    sqlite_store: Store, told: list[tuple[str, int]], heard: int
) -> None:
    scene = Scene(sqlite_store, ROUTED + IMMEDIATE)
    for number, (article, after) in enumerate(told):
        one = change(scene.rules, series="entity:US:JPM", onset=T0 + after)
        at = iso(T0 + after)
        line = replace(
            one.line, id=f"{number:032x}", rule="bank", article_ids=[article], onset=at, decided_at=at
        )
        scene.decided(Change(line, one.pack, ""))
    assert len([row for row in rows(sqlite_store) if row.status == "pending"]) == heard
