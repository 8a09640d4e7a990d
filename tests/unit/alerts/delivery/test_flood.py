"""An alert storm: the worst first, the rest in one digest, nothing lost."""

from __future__ import annotations

import threading

import pytest

from alerts.delivery import content, worker
from alerts.delivery.channels.condition import channel_conditions
from alerts.delivery.channels.contract import Disabled, Message, Throttled
from alerts.delivery.reminders import ReminderJob
from core.clock import ManualClock
from core.errors import ChannelUnavailable, Refused
from core.settings import Settings
from core.store import Store
from core.times import HOUR, MINUTE
from tests.support.alertrows import change, decide, rows, rules_of
from tests.support.records import T0


class Channel:
    """Takes messages, or fails as told: each call raises the next of `faults`, and then none."""

    def __init__(self, name: str, *faults: Exception) -> None:
        self.name, self.faults = name, list(faults)
        self.got: list[Message] = []
        self._lock = threading.Lock()

    def send(self, message: Message, now_ms: int) -> str:
        with self._lock:
            if self.faults:
                raise self.faults.pop(0)
            self.got.append(message)
        return ""

    def check(self) -> str:
        return ""


SETTINGS = Settings.model_validate(
    {
        "delivery": {
            "webhooks": [
                {"name": name, "url": f"https://{name}.example/", "secret": "whsec_" + "A" * 32}
                for name in ("a", "b")
            ]
        }
    }
)
RULES = rules_of("notify: {most_per_hour: 12}\n")


def storm(store: Store, clock: ManualClock, count: int, name: str = "C") -> None:
    severities = ("low", "medium", "high", "critical")
    changes = [
        change(RULES, series=f"entity:US:{name}{number}", severity=severities[number % 4])
        for number in range(count)
    ]
    decide(store, SETTINGS, RULES, *changes, now_ms=clock.now_ms())


def run(
    store: Store, clock: ManualClock, *channels: Channel, sweep: ReminderJob | None = None
) -> dict[str, int]:
    if sweep is not None:
        with store.write() as connection:
            sweep.sweep(connection, clock.now_ms())
    ways = {one.name: one for one in channels}
    return worker.run_once(store, None, SETTINGS, clock, channels=ways, rules=RULES)


def test_a_hundred_and_fifty_alerts_are_twelve_messages_and_a_digest(sqlite_store: Store) -> None:
    clock, a, b = ManualClock(T0), Channel("a"), Channel("b")
    sweep = ReminderJob(SETTINGS, ["a", "b"], RULES)
    storm(sqlite_store, clock, 150)
    run(sqlite_store, clock, a, b)
    assert len(a.got) == len(b.got) == 12
    assert {message.content.severity for message in a.got} == {"critical"}
    run(sqlite_store, clock, a, b, sweep=sweep)
    assert len(a.got) == 13 and a.got[-1].content.event == "digest"
    told = a.got[-1].content
    assert told.note == "138 notifications in one: more than 12 within an hour." and len(told.folded) == 100
    assert not [row for row in rows(sqlite_store) if row.status == "pending"]
    assert sum(row.error.startswith("digest: in msg_") for row in rows(sqlite_store)) == 2 * 138


def test_digests_come_at_most_every_quarter_of_an_hour(sqlite_store: Store) -> None:
    clock, a = ManualClock(T0), Channel("a")
    sweep = ReminderJob(SETTINGS, ["a"], RULES)
    for minute in range(0, 60, 5):
        storm(sqlite_store, clock, 5, name=f"M{minute}X")
        run(sqlite_store, clock, a, sweep=sweep)
        clock.advance(300)
    digests = [message for message in a.got if message.content.event == "digest"]
    assert len(digests) == 4
    singles = len(a.got) - len(digests)
    assert singles == 12


def test_who_was_told_by_a_digest_is_told_that_it_is_over(sqlite_store: Store) -> None:
    clock, a = ManualClock(T0), Channel("a")
    storm(sqlite_store, clock, 20)
    run(sqlite_store, clock, a, sweep=ReminderJob(SETTINGS, ["a"], RULES))
    folded = next(message for message in a.got if message.content.event == "digest").content.folded[0]
    over = change(
        RULES, series=folded["series"], state="resolved", severity=folded["severity"], decided_at=T0 + HOUR
    )  # type: ignore[arg-type]
    clock.advance(2 * 3600)
    decide(sqlite_store, SETTINGS, RULES, over, now_ms=clock.now_ms())
    run(sqlite_store, clock, a)
    assert a.got[-1].content.event == "resolved"


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


@pytest.mark.logs_errors
def test_a_bug_in_one_channel_stops_no_other_and_loses_nothing(sqlite_store: Store) -> None:
    clock, a, b = ManualClock(T0), Channel("a", ZeroDivisionError("oh")), Channel("b")
    storm(sqlite_store, clock, 3)
    run(sqlite_store, clock, a, b)
    assert len(b.got) == 3 and len(a.got) == 2
    clock.advance(10)
    run(sqlite_store, clock, a, b)
    assert len(a.got) == 3


def test_a_refusal_concerns_one_message_only(sqlite_store: Store) -> None:
    clock, a = ManualClock(T0), Channel("a", Refused("HTTP 400"))
    storm(sqlite_store, clock, 3)
    assert run(sqlite_store, clock, a) == {"refused": 1, "sent": 2}
    clock.advance(5 * MINUTE)
    assert run(sqlite_store, clock, a) == {}


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
