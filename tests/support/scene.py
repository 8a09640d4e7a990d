"""A desk at a time, told what happens: for tests of who hears of an alert, when, and why not."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.delivery.reminders import ReminderJob
from alerts.handling import actions as handling
from alerts.handling import silences
from alerts.rules.model import RuleSet
from core.settings import Settings
from core.store import Store
from core.times import HOUR
from tests.support.alertrows import Change, change, rows, rules_of
from tests.support.alertrows import decide as desk_decides
from tests.support.records import T0

SETTINGS = Settings.model_validate(
    {
        "delivery": {
            "webhooks": [
                {"name": name, "url": f"https://{name}.example/", "secret": "whsec_" + "A" * 32}
                for name in ("team", "boss")
            ]
        }
    }
)
ROUTED = "notify: {route: {default: [team]}, again: {first: 1h, factor: 2, most: 3h, times: 3}}\n"
NOW = T0 + HOUR


class Scene:
    """A desk at a time, told what happens; `told` is what the outbox would send."""

    def __init__(self, store: Store, more: str = ROUTED, rules: RuleSet | None = None) -> None:
        self.store, self.rules, self.now = store, rules or rules_of(more), NOW
        self.sweep = ReminderJob(SETTINGS, ["boss", "team"], self.rules)

    def decided(self, *changes: Change, notify: bool = True) -> None:
        desk_decides(self.store, SETTINGS, self.rules, *changes, now_ms=self.now, notify_people=notify)
        self.now += 1  # so that rows stand in the order in which they were made

    def fires(self, **fields: Any) -> str:
        one = change(self.rules, **fields)
        self.decided(one)
        return one.line.id

    def passes(self, ms: int) -> int:
        self.now += ms
        with self.store.write() as connection:
            return self.sweep.sweep(connection, self.now)

    def does(self, action: Any, *arguments: Any, **fields: Any) -> Any:
        with self.store.write() as connection:
            if action in (silences.add, silences.expire):
                return action(connection, "main", *arguments, now_ms=self.now, **fields)
            fields = {"actor": "anna", "reason": "looking into it", **fields}
            return action(connection, "main", *arguments, now_ms=self.now, **fields)

    def told(self) -> list[tuple[str, str]]:
        return [(row.event, row.channel) for row in rows(self.store) if row.status in ("pending", "sent")]

    def kept(self) -> list[str]:
        return [str(row.reason) for row in rows(self.store) if row.status == "withheld"]

    def hands(self, alert: str) -> dict[str, Any]:
        with self.store.read() as connection:
            return handling.state_of(connection, "main", alert)


@pytest.fixture
def scene(sqlite_store: Store) -> Scene:
    return Scene(sqlite_store)
