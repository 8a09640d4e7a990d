"""What is enqueued for people of an alert, what is not, and under which ids."""

from __future__ import annotations

from core.store import Store
from core.times import DAY, HOUR
from tests.support.alertrows import change, rows, rules_of
from tests.support.records import T0
from tests.support.scene import ROUTED, Scene


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
