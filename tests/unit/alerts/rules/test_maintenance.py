"""Times of maintenance windows are checked."""

from __future__ import annotations

import pytest

from alerts.reasons import NO_REASON
from alerts.rules.loading import parse_rules
from tests.support.rulestext import MINIMAL, faults


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("weekly: Sat 22:00 - Sun 04:00", None),
        ("starts: 2026-11-28T22:00, ends: 2026-11-29T02:00", None),
        ("starts: 2026-11-29T22:00, ends: 2026-11-29T02:00", "ends before it starts"),
        ("weekly: Someday 1:00 - Sun 2:00", "weekly"),
        ("weekly: Sat 22:00 - Sun 04:00, timezone: Mars/Olympus", "no such time zone"),
        ("starts: 2026-11-29T22:00", "expected starts and ends, or weekly"),
    ],
)
def test_maintenance_times_are_checked(entry: str, words: str | None) -> None:
    text = f"maintenance:\n  - {{name: m, reason: upgrade, {entry}}}\n"
    if words is None:
        parse_rules(text, "rules.yaml")
    else:
        assert words in faults(text)[0]


@pytest.mark.parametrize(
    ("reason", "taken"),
    [
        ("move", True),
        ("搬家", True),
        ("'   '", False),
        ("' a '", False),
        ("ab", False),
        ("搬", False),
        ("''", False),
    ],
)
def test_maintenance_asks_for_a_reason_as_a_silence_does(reason: str, taken: bool) -> None:
    text = f"maintenance:\n  - {{name: m, weekly: Sat 22:00 - Sun 04:00, reason: {reason}}}\n"
    if taken:
        assert parse_rules(text, "rules.yaml").file.maintenance[0].reason == reason
    else:
        (fault,) = faults(text)
        assert fault.startswith(f"rules.yaml:2: maintenance.0.reason: {NO_REASON}")


def test_the_day_ends_at_24_00() -> None:
    text = MINIMAL + "maintenance: [{name: m, weekly: Sat 22:00 - Sat 24:00, reason: work}]\n"
    assert parse_rules(text, "a").file.maintenance
