"""The worker: no channel delays another, and of one alert nothing overtakes."""

from __future__ import annotations

import pytest

from alerts.delivery import content
from alerts.delivery.channels.contract import Throttled
from core.clock import ManualClock
from core.errors import ChannelUnavailable
from core.store import Store
from core.times import HOUR, MINUTE
from tests.support.alertrows import change, decide
from tests.support.delivering import RULES, SETTINGS, Channel, run, storm
from tests.support.records import T0


def test_a_throttled_channel_waits_as_a_whole_and_the_other_goes_on(sqlite_store: Store) -> None:
    clock, b = ManualClock(T0), Channel("b")
    a = Channel("a", *[Throttled("HTTP 429", 600.0)] * 4)
    storm(sqlite_store, clock, 8)
    run(sqlite_store, clock, a, b)
    assert len(b.got) == 8 and len(a.got) <= 4
    clock.advance(300)
    before = len(a.got)
    run(sqlite_store, clock, a, b)
    assert len(a.got) == before
    clock.advance(1200)
    run(sqlite_store, clock, a, b)
    assert len(a.got) == 8


@pytest.mark.logs_errors
def test_a_bug_in_one_channel_stops_no_other_and_loses_nothing(sqlite_store: Store) -> None:
    clock, a, b = ManualClock(T0), Channel("a", ZeroDivisionError("oh")), Channel("b")
    storm(sqlite_store, clock, 3)
    run(sqlite_store, clock, a, b)
    assert len(b.got) == 3 and len(a.got) == 2
    clock.advance(10)
    run(sqlite_store, clock, a, b)
    assert len(a.got) == 3


@pytest.mark.parametrize("first", ["firing", "severity"])
def test_of_one_alert_nothing_overtakes_what_waits_to_be_sent_again(sqlite_store: Store, first: str) -> None:
    clock, a = ManualClock(T0), Channel("a", ChannelUnavailable("away"))
    decide(sqlite_store, SETTINGS, RULES, change(RULES, severity="medium"), now_ms=T0)
    later = [
        change(RULES, severity="critical", decided_at=T0 + 2 * MINUTE),
        change(RULES, state="resolved", severity="critical", decided_at=T0 + HOUR),
    ]
    if first == "severity":
        run(sqlite_store, clock, a)
    decide(sqlite_store, SETTINGS, RULES, *later, now_ms=T0 + 1)
    clock.advance(1)
    run(sqlite_store, clock, a)
    clock.advance(10)
    run(sqlite_store, clock, a)
    assert [message.content.event for message in a.got] == ["firing", "severity", "resolved"]
    assert isinstance(a.got[0].content, content.Content)
