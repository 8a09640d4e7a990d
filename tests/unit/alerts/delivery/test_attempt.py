"""An attempt: what its result means for the row, the channel and the other channels."""

from __future__ import annotations

from alerts.delivery import worker
from alerts.delivery.channels.condition import channel_conditions
from alerts.delivery.channels.contract import Disabled
from core.clock import ManualClock
from core.errors import ChannelUnavailable, Refused
from core.store import Store
from core.times import MINUTE
from tests.support.alertrows import rows
from tests.support.delivering import Channel, run, storm
from tests.support.records import T0


def test_a_receiver_that_is_gone_is_switched_off_and_the_other_channel_hears_of_it(
    sqlite_store: Store,
) -> None:
    clock, a, b = ManualClock(T0), Channel("a", Disabled("HTTP 410")), Channel("b")
    storm(sqlite_store, clock, 1)
    run(sqlite_store, clock, a, b)
    clock.advance(1)
    storm(sqlite_store, clock, 1, name="D")
    run(sqlite_store, clock, a, b)
    assert a.got == []
    assert "Channel a is disabled" in next(one.content.note for one in b.got if one.content.event == "notice")
    with sqlite_store.write() as connection:
        assert channel_conditions(connection, "main")["a"].status == "disabled"
        assert worker.enable(connection, "main", "a", clock.now_ms()) == 1
    run(sqlite_store, clock, a, b)
    assert len(a.got) == 1


def test_a_channel_that_keeps_failing_is_told_by_another_once(sqlite_store: Store) -> None:
    clock, b = ManualClock(T0), Channel("b")
    a = Channel("a", *[ChannelUnavailable("connection refused")] * 7)
    storm(sqlite_store, clock, 1)
    for _ in range(8):
        run(sqlite_store, clock, a, b)
        clock.advance(24 * 3600)
    notices = [one.content.note for one in b.got if one.content.event == "notice"]
    assert len(notices) == 1 and "4 failures in a row" in notices[0] and "connection refused" in notices[0]
    with sqlite_store.read() as connection:
        assert channel_conditions(connection, "main")["a"].status == "ok"


def test_what_cannot_be_delivered_for_three_days_expires_and_stays(sqlite_store: Store) -> None:
    clock, b = ManualClock(T0), Channel("b")
    a = Channel("a", *[ChannelUnavailable("connection refused")] * 50)
    storm(sqlite_store, clock, 1)
    for _ in range(60):
        run(sqlite_store, clock, a, b)
        clock.advance(2 * 3600)
    (row,) = [row for row in rows(sqlite_store) if row.channel == "a"]
    assert (row.status, row.attempts) == ("expired", 10)
    assert "given up after 10 tries: connection refused" in row.error
    assert any("expired" in one.content.note or "failing" in one.content.note for one in b.got)


def test_a_refusal_concerns_one_message_only(sqlite_store: Store) -> None:
    clock, a = ManualClock(T0), Channel("a", Refused("HTTP 400"))
    storm(sqlite_store, clock, 3)
    assert run(sqlite_store, clock, a) == {"refused": 1, "sent": 2}
    clock.advance(5 * MINUTE)
    assert run(sqlite_store, clock, a) == {}
