"""Two who handle one alert at the same time, on PostgreSQL, where both may look before either has written."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, text

from alerts.delivery.reminders import ReminderJob
from alerts.handling import actions as handling
from alerts.handling import audit, silences
from core.errors import ConfigError
from core.settings import Settings
from core.store import Store
from core.times import DAY, HOUR
from tests.support.alertrows import change, decide, rows, rules_of
from tests.support.records import T0
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres
HOOK = {"name": "team", "url": "https://team.example/", "secret": "whsec_" + "A" * 32}
SETTINGS = Settings.model_validate({"delivery": {"webhooks": [HOOK]}})
RULES = rules_of(
    "notify:\n  route: {default: [team]}\n  again: {first: 1h, factor: 2, most: 3h, times: 3}\n"
    "  escalate: [{after: 30m, to: [team]}]\n"
)
NOW = T0 + HOUR
Action = Callable[[Connection], Any]


@pytest.fixture
def store(postgres_store: Store) -> Store:
    return postgres_store


@pytest.fixture
def alert(store: Store) -> str:
    """An alert that fires, of which the team was told."""
    one = change(RULES)
    decide(store, SETTINGS, RULES, one, now_ms=NOW)
    return one.line.id


def together(store: Store, first: Action, second: Action) -> str:
    """Do `first`, and `second` in another transaction before the first is through; returns why it was refused."""
    refused: list[str] = []

    def other() -> None:
        try:
            with store.write() as connection:
                second(connection)
        except ConfigError as error:
            refused.append(str(error))

    with store.write() as connection:
        first(connection)
        thread = threading.Thread(target=other)
        thread.start()
        wait_until(lambda: not thread.is_alive() or _waits(store), "neither refused nor waiting")
    thread.join(30)
    assert not thread.is_alive()
    return "".join(refused)


def _waits(store: Store) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with store.read() as connection:
        return bool(connection.execute(text(query)).scalar_one())


def person(action: Any, alert: str, actor: str, *more: str) -> Action:
    return lambda connection: action(
        connection, "main", alert, *more, actor=actor, reason="looking into it", now_ms=NOW + DAY
    )


def clock(connection: Connection) -> int:
    return ReminderJob(SETTINGS, ["team"], RULES).sweep(connection, NOW + DAY)


def hands(store: Store, alert: str) -> dict[str, Any]:
    with store.read() as connection:
        return handling.state_of(connection, "main", alert)


def actions(store: Store) -> list[tuple[str, str]]:
    with store.read() as connection:
        entries = list(audit.entries(connection))
    assert audit.verify(entries).fault == ""
    return [(entry.actor, entry.action) for entry in entries]


def test_of_two_who_acknowledge_one_has_it_and_the_other_hears_who(store: Store, alert: str) -> None:
    ann, bob = (person(handling.acknowledge, alert, name) for name in ("ann", "bob"))
    assert together(store, ann, bob) == f"alert {alert} is acknowledged already, by ann"
    assert hands(store, alert)["acknowledged_by"] == "ann"
    assert actions(store) == [("desk:main", "alert.firing"), ("ann", "alert.acknowledge")]


def test_one_who_judges_and_one_who_acknowledges_are_both_heard(store: Store, alert: str) -> None:
    ann, bob = person(handling.acknowledge, alert, "ann"), person(handling.dispose, alert, "bob", "true")
    assert together(store, ann, bob) == ""
    found = hands(store, alert)
    assert (found["acknowledged_by"], found["disposition"]) == ("ann", "true")


def test_nobody_is_reminded_of_what_was_acknowledged_a_moment_before(store: Store, alert: str) -> None:
    assert together(store, person(handling.acknowledge, alert, "ann"), clock) == ""
    found = hands(store, alert)
    assert (found["acknowledged_by"], found["escalation"], found["state"]) == ("ann", 0, {})
    assert [row.event for row in rows(store)] == ["firing"]


def test_an_acknowledgement_forgets_no_reminder_made_a_moment_before(store: Store, alert: str) -> None:
    assert together(store, clock, person(handling.acknowledge, alert, "ann")) == ""
    found = hands(store, alert)
    assert (found["acknowledged_by"], found["escalation"], found["state"]) == ("ann", 1, {"reminders": 3})
    assert sorted(row.event for row in rows(store)) == ["escalated", "firing", "reminder"]


def test_what_the_desk_notes_beside_it_takes_no_acknowledgement_away(store: Store, alert: str) -> None:
    noted = {"silenced": True}
    desk = lambda connection: handling.note(connection, "main", alert, noted, NOW)  # noqa: E731
    assert together(store, person(handling.acknowledge, alert, "ann"), desk) == ""
    found = hands(store, alert)
    assert (found["acknowledged_by"], found["silenced"]) == ("ann", True)


def test_a_silence_is_ended_once(store: Store) -> None:
    with store.write() as connection:
        made = silences.add(
            connection, "main", {"rule": "x"}, starts_at=NOW, ends_at=NOW + HOUR, reason="testing", author="ann",
            now_ms=NOW,
        )  # fmt: skip

    def ends(actor: str) -> Action:
        return lambda connection: silences.expire(connection, "main", made.id, actor=actor, now_ms=NOW)

    assert together(store, ends("ann"), ends("bob")).startswith("no silence in force")
    assert actions(store) == [("ann", "silence.add"), ("ann", "silence.expire")]
