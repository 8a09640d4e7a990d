"""An alert's timeline as a reader sees it, of what desk, people and clocks really wrote."""

from __future__ import annotations

from alerts.handling import actions as handling
from alerts.handling import silences
from core.store import Store
from core.times import HOUR, MINUTE
from dashboard.charts.palette import PALETTES
from dashboard.period import Period
from dashboard.queries import alerts
from dashboard.viewer import Viewer
from dashboard.views.timeline import happened
from tests.support.scene import ROUTED, Scene

ESCALATED = ROUTED.replace("again:", "escalate: [{after: 30m, to: [boss, team]}], again:")


def seen(scene: Scene, alert: str, language: str = "en") -> list[tuple[str, str]]:
    """Who did or heard what."""
    viewer = Viewer("zh" if language == "zh" else "en", PALETTES["safe"], False, Period(0, HOUR, HOUR), True)
    parts = {
        "lines": alerts.lines(scene.store, "main", alert),
        "deliveries": alerts.deliveries(scene.store, "main", alert),
        "actions": alerts.recorded_actions(scene.store, "main", alert),
    }
    return [(row["who"], row["what"]) for row in happened(viewer, parts)]


def test_an_escalation_stands_once_for_each_channel_that_is_told(sqlite_store: Store) -> None:
    scene = Scene(sqlite_store, ESCALATED)
    alert = scene.fires()
    scene.passes(31 * MINUTE)
    told = [("boss", "escalated to · waiting"), ("team", "escalated to · waiting")]
    assert [one for one in seen(scene, alert) if "escalated" in one[1]] == told


def test_an_escalation_of_which_no_channel_was_told_is_still_seen(sqlite_store: Store) -> None:
    scene = Scene(sqlite_store, ESCALATED.replace("[boss, team]", "[gone]"))
    alert = scene.fires()
    scene.passes(31 * MINUTE)
    assert seen(scene, alert)[-1] == ("delivery:main", "escalated")


def test_why_nobody_was_told_is_said_in_the_readers_language(scene: Scene) -> None:
    alert = scene.fires()
    scene.does(handling.dispose, alert, "known")
    scene.fires(severity="critical")
    other = scene.fires(series="entity:US:C")
    scene.does(handling.close, other)
    scene.fires(series="entity:US:C", severity="critical")
    scene.does(
        silences.add, {"series": "entity:US:F"}, starts_at=scene.now, ends_at=scene.now + HOUR,
        reason="earnings day", author="anna",
    )  # fmt: skip
    third = scene.fires(series="entity:US:F")
    (silence,) = alerts.silences_left(scene.store, "main", scene.now)

    def kept(which: str, language: str) -> set[str]:
        return {what.partition(" · ")[2] for _, what in seen(scene, which, language)}

    assert "未发送 · 已判定: 已知" in kept(alert, "zh")
    assert "未发送 · 已关闭: 由 anna 关闭" in kept(other, "zh")
    assert "withheld · closed: closed by anna" in kept(other, "en")
    assert f"未发送 · 已静默: {silence.id} by anna (earnings day)" in kept(third, "zh")


def test_a_replays_words_are_translated_too(scene: Scene) -> None:
    from tests.support.alertrows import change

    one = change(scene.rules)
    scene.decided(one, notify=False)
    assert seen(scene, one.line.id, "zh")[-1] == (
        "team",
        "通知：触发 · 未发送 · 重放: 重放时不通知任何人（--notify 可改）",
    )
