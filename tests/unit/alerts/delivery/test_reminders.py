"""The clock: reminders and escalation."""

from __future__ import annotations

from alerts.delivery.reminders import due_at
from alerts.handling import actions as handling
from core.store import Store
from core.times import DAY, HOUR, MINUTE
from tests.support.alertrows import change
from tests.support.scene import NOW, ROUTED, Scene


def test_reminders_come_with_growing_gaps_and_then_stop(scene: Scene) -> None:
    scene.fires()
    times = []
    for minute in range(0, 12 * 60, 15):
        if scene.passes(15 * MINUTE):
            times.append((minute + 15) // 60)
    assert times == [1, 3, 6]  # after 1 h, then 2 h, then 3 h (most), three times
    assert [event for event, _ in scene.told()] == ["firing"] + ["reminder"] * 3


def test_a_worker_that_was_away_sends_one_reminder_not_all_that_were_due(scene: Scene) -> None:
    scene.fires()
    assert scene.passes(DAY) == 1
    assert scene.passes(DAY) == 0


def test_nobody_is_reminded_of_what_was_never_told(scene: Scene) -> None:
    scene.decided(change(scene.rules), notify=False)
    assert scene.passes(DAY) == 0 and scene.told() == []


def test_escalation_tells_more_people_once_when_nobody_acknowledges(sqlite_store: Store) -> None:
    text = (
        "notify:\n  route: {default: [team]}\n  again: {times: 0}\n"
        "  escalate: [{after: 30m, severity: high, to: [boss]}]\n"
    )
    scene = Scene(sqlite_store, text)
    severe = scene.fires()
    scene.fires(series="entity:US:C", severity="medium")
    assert scene.passes(29 * MINUTE) == 0
    assert scene.passes(MINUTE) == 1
    assert scene.passes(DAY) == 0
    assert scene.told() == [("firing", "team"), ("firing", "team"), ("escalated", "boss")]
    assert scene.hands(severe)["escalation"] == 1


def test_an_acknowledged_alert_is_not_escalated(sqlite_store: Store) -> None:
    scene = Scene(sqlite_store, ROUTED.replace("again:", "escalate: [{after: 30m, to: [boss]}], again:"))
    scene.does(handling.acknowledge, scene.fires())
    assert scene.passes(2 * HOUR) == 0


def test_the_wall_clock_may_jump_back_without_stopping_the_sweeps(scene: Scene) -> None:
    scene.fires()
    assert scene.sweep.run(scene.store, None, NOW + 10 * DAY) == 1
    assert scene.sweep.run(scene.store, None, NOW) == 0
    assert scene.sweep._next_ms == NOW + 5_000


def test_reminder_times_grow_by_the_factor_up_to_the_most() -> None:
    assert [due_at(0, done, HOUR, 2.0, 3 * HOUR) // HOUR for done in range(5)] == [1, 3, 6, 9, 12]
