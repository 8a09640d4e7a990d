"""Rows of the outbox: their ids, and sending them again."""

from __future__ import annotations

import pytest

from alerts.delivery import outbox
from core.errors import ConfigError
from tests.support.alertrows import change
from tests.support.scene import NOW, Scene


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
