"""Where time stands still somebody hears of it: once, and once when it goes on; also over a restart."""

from __future__ import annotations

from alerts.delivery.channels.contract import Message
from alerts.delivery.channels.mail.render import render
from alerts.delivery.content import from_json
from alerts.delivery.reminders import ReminderJob
from core.clock import ManualClock
from core.settings import Settings
from core.stage import Stage
from core.store import Store
from core.times import MINUTE
from tests.support.alertrows import rows, rules_of
from tests.support.records import T0

RULES = rules_of("")


def sweep(store: Store, clock: ManualClock) -> None:
    """A delivery worker's sweep, of a worker that has just started."""
    with store.write() as connection:
        ReminderJob(Settings(), ["a", "b"], RULES).sweep(connection, clock.now_ms())


def say(store: Store, clock: ManualClock, status: str) -> None:
    """The alert worker's own word."""
    Stage("alerts", store, clock=clock).report(status, force=True)


def test_told_once_and_once_when_it_is_over(sqlite_store: Store) -> None:
    clock = ManualClock(T0)
    say(sqlite_store, clock, "running")
    sweep(sqlite_store, clock)
    assert not rows(sqlite_store)
    for _ in range(3):
        say(sqlite_store, clock, "pipeline_stalled")
        sweep(sqlite_store, clock)
        clock.advance(20)
    told = rows(sqlite_store)
    assert sorted(row.channel for row in told) == ["a", "b"]
    content = from_json(told[0].payload)
    assert (content.kind, content.outage, content.state) == ("outage", "pipeline_stalled", "firing")
    mail = render(Message("id", content, "http://desk.example"))
    assert "pipeline_stalled" in mail.subject and "No alert is decided" in mail.text
    say(sqlite_store, clock, "running")
    sweep(sqlite_store, clock)
    sweep(sqlite_store, clock)
    after = rows(sqlite_store)
    assert len(after) == 4
    assert sum(from_json(row.payload).state == "resolved" for row in after) == 2


def test_what_was_said_long_ago_is_not_told(sqlite_store: Store) -> None:
    clock = ManualClock(T0)
    say(sqlite_store, clock, "pipeline_stalled")
    clock.advance(5 * MINUTE / 1000)
    sweep(sqlite_store, clock)
    assert not rows(sqlite_store)
