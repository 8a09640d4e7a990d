"""Channels in memory, a storm of alerts and one run of the delivery worker."""

from __future__ import annotations

import threading

from alerts.delivery import worker
from alerts.delivery.channels import contract
from alerts.delivery.channels.contract import Message
from alerts.delivery.reminders import ReminderJob
from alerts.records import Severity
from core.clock import ManualClock
from core.settings import Settings
from core.store import Store
from tests.support.alertrows import change, decide, rules_of


class Channel(contract.Channel):
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
    severities: tuple[Severity, ...] = ("low", "medium", "high", "critical")
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
    by_name: dict[str, contract.Channel] = {one.name: one for one in channels}
    return worker.run_once(store, None, SETTINGS, clock, channels=by_name, rules=RULES)
