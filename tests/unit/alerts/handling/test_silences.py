"""Silences and maintenance: what is kept quiet, listed, refused, and told after them."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.handling import silences
from core.errors import ConfigError
from core.store import Store
from core.tables import audit
from core.times import DAY, HOUR, MINUTE
from tests.support.alertrows import change
from tests.support.records import T0
from tests.support.scene import NOW, ROUTED, Scene


def test_a_silenced_alert_is_kept_and_told_when_the_silence_ends_and_it_still_fires(scene: Scene) -> None:
    silence = scene.does(
        silences.add, {"series": "entity:US:*/topic:*"}, starts_at=NOW, ends_at=NOW + HOUR, reason="known story",
        author="anna",
    )  # fmt: skip
    alert = scene.fires()
    assert scene.told() == [] and scene.kept() == ["silenced"]
    assert scene.hands(alert)["silenced"]
    assert scene.passes(59 * MINUTE) == 0
    assert scene.passes(MINUTE) == 1
    assert scene.passes(MINUTE) == 0
    assert scene.told() == [("firing", "team")] and not scene.hands(alert)["silenced"]
    assert "known story" in str(silence)


def test_a_silence_that_is_ended_early_lets_go_at_once(scene: Scene) -> None:
    made = scene.does(
        silences.add, {"rule": "company-*"}, starts_at=NOW, ends_at=NOW + DAY, reason="testing", author="anna"
    )
    scene.fires()
    assert scene.passes(0) == 0
    scene.does(silences.expire, made.id[:10], actor="bob")
    assert scene.passes(0) == 1


def test_only_a_silence_that_is_not_over_can_be_ended(scene: Scene) -> None:
    def begins(after: int, lasts: int) -> str:
        at = scene.now + after
        made = scene.does(
            silences.add,
            {"rule": "company-*"},
            starts_at=at,
            ends_at=at + lasts,
            reason="testing",
            author="anna",
        )
        return str(made.id)

    def ended() -> list[str]:
        with scene.store.read() as connection:
            query = audit.select().where(audit.c.action == "silence.expire")
            return [row.subject for row in connection.execute(query)]

    old = begins(0, HOUR)
    scene.now += DAY
    with pytest.raises(ConfigError, match="no silence in force or to come"):
        scene.does(silences.expire, old, actor="bob")
    assert ended() == []
    to_come = begins(HOUR, HOUR)
    # All ids begin alike: of two, one is over, so that what they share says which is meant.
    assert scene.does(silences.expire, "sil_", actor="bob") == to_come
    assert ended() == [to_come]
    with pytest.raises(ConfigError, match="no silence in force or to come"):
        scene.does(silences.expire, to_come, actor="bob")


def test_silences_are_listed_with_those_first_that_are_not_over(scene: Scene) -> None:
    def begins(after: int, lasts: int) -> str:
        at = NOW + after
        made = scene.does(
            silences.add, {"rule": "x"}, starts_at=at, ends_at=at + lasts, reason="why", author="anna"
        )
        return str(made.id)

    long, over, early, to_come = (
        begins(0, 9 * DAY),
        begins(HOUR, HOUR),
        begins(2 * HOUR, DAY),
        begins(DAY, DAY),
    )
    scene.does(silences.expire, early, actor="bob")
    with scene.store.read() as connection:
        at = NOW + 3 * HOUR
        names = lambda found: [one.id for one in found]  # noqa: E731
        assert names(silences.newest(connection, "main", at, 9)) == [to_come, long, early, over]
        assert names(silences.newest(connection, "main", at, 3)) == [to_come, long, early]
        assert names(silences.newest(connection, "main", at, 9, over=False)) == [to_come, long]
        assert names(silences.not_ended(connection, "main", at)) == [to_come, long]
        assert names(silences.in_force(connection, "main", at)) == [long]
        assert names(silences.all_silences(connection, "main")) == [to_come, early, over, long]


def test_an_alert_that_cleared_in_silence_is_never_told(scene: Scene) -> None:
    scene.does(silences.add, {"rule": "*", "severity": "high"}, starts_at=NOW, ends_at=NOW + HOUR, reason="why not",
               author="anna")  # fmt: skip
    scene.fires()
    scene.decided(change(scene.rules, state="resolved", decided_at=T0 + HOUR))
    scene.passes(2 * HOUR)
    assert scene.told() == [] and sorted(scene.kept()) == ["silenced", "unheard"]


@pytest.mark.parametrize(
    ("matchers", "fields", "words"),
    [
        ({}, {}, "rule, series, severity or alert: one is needed"),
        ({"series": "**"}, {}, "everything would be silent"),
        ({"series": "{all,topic:*,entity:**,source:*}"}, {}, "everything would be silent"),
        ({"series": "{**,all}", "rule": "{*,one}"}, {}, "everything would be silent"),
        ({"rule": "?*"}, {}, "everything would be silent"),
        ({"severity": "low,medium,high,critical"}, {}, "everything would be silent"),
        ({"rule": "*", "series": "*:**"}, {"reason": "x"}, "reason: say in a few words why"),
        ({"series": "topic:nonsense"}, {}, "no topic is called"),
        ({"series": "entity:JPM"}, {}, "expected companies such as entity:US:JPM"),
        ({"severity": "urgent"}, {}, "severity urgent: expected low, medium, high or critical"),
        ({"colour": "red"}, {}, "unknown matcher"),
        ({"rule": "x"}, {"reason": ""}, "reason: say in a few words why"),
        ({"rule": "x"}, {"author": " "}, "author: say who you are"),
        ({"rule": "x"}, {"ends_at": NOW}, "end before it begins"),
        ({"rule": "x"}, {"ends_at": NOW + 400 * DAY}, "at most a year"),
    ],
)
def test_a_silence_is_checked(
    scene: Scene, matchers: dict[str, str], fields: dict[str, Any], words: str
) -> None:
    whole = {"starts_at": NOW, "ends_at": NOW + HOUR, "reason": "why not", "author": "anna", **fields}
    with pytest.raises(ConfigError, match=words):
        scene.does(silences.add, matchers, **whole)


@pytest.mark.parametrize(
    "matchers",
    [
        {"series": "entity:**"}, {"series": "topic:*"}, {"series": "{all,topic:*}"}, {"rule": "q*"},
        {"rule": "*", "severity": "low,medium"}, {"series": "**@zh"}, {"series": "{all,topic:*}", "rule": "*"},
    ],
)  # fmt: skip
def test_a_silence_of_much_but_not_of_everything_is_taken(scene: Scene, matchers: dict[str, str]) -> None:
    scene.does(silences.add, matchers, starts_at=NOW, ends_at=NOW + HOUR, reason="why not", author="anna")


def test_maintenance_is_kept_quiet_and_told_after_it(sqlite_store: Store) -> None:
    # T0 is a Monday 09:00 UTC, now an hour later: 11:00 in Zurich.
    text = ROUTED + (
        "maintenance:\n  - {name: move, weekly: Mon 10:00 - Mon 12:00, timezone: Europe/Zurich, reason: the move}\n"
    )
    scene = Scene(sqlite_store, text)
    scene.fires()
    assert scene.told() == [] and scene.kept() == ["maintenance"]
    assert scene.passes(59 * MINUTE) == 0
    assert scene.passes(MINUTE) == 1
