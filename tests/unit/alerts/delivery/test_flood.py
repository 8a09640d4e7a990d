"""The rate limit: the most severe first, the rest in one digest, nothing lost."""

from __future__ import annotations

from alerts.delivery.reminders import ReminderJob
from core.clock import ManualClock
from core.store import Store
from core.times import HOUR
from tests.support.alertrows import change, decide, rows
from tests.support.delivering import RULES, SETTINGS, Channel, run, storm
from tests.support.records import T0


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
