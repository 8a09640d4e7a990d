"""An alert's row, lines and audit entries are checked against one another."""

from __future__ import annotations

import json

import msgspec
import pytest
from msgspec.structs import replace

from alerts.evidence import schema
from core.times import DAY, MINUTE, iso
from tests.support.stored_alerts import FIRST, Copy


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (f"UPDATE alert_lines SET decided_at = {10**18} WHERE {FIRST}", "what the store has"),
        ("UPDATE alerts SET onset = 1000000000000000000 WHERE id = :id", "stored alert"),
        ("UPDATE alerts SET fired_at = -1000000000000000000 WHERE id = :id", "stored alert"),
        (
            'UPDATE alert_lines SET line = replace(line, \'"decided_at":"20\', \'"decided_at":"x20\')'
            f" WHERE {FIRST}",
            "stored alert",
        ),
        (f"UPDATE alert_lines SET line = '[]' WHERE {FIRST}", "stored line"),
    ],
)
def test_a_time_that_there_is_not_is_told_as_another(store: Copy, statement: str, found: str) -> None:
    alert = store.alert("share")
    store.do(statement, id=alert)
    assert any(one.startswith(found) for one in store.bad(alert))


def test_a_lost_line_and_a_turned_around_life_are_found(store: Copy) -> None:
    alert = store.alert("share")
    store.do("DELETE FROM alert_lines WHERE id = :id AND state = 'resolved'", id=alert)
    found = store.bad(alert)
    assert any(one.startswith("lines lost: the audit log has 1 more: resolved at") for one in found)
    assert any("state: the last line says firing, its row resolved" in one for one in found)


def test_an_alert_that_ended_under_another_lateness_is_right(store: Copy) -> None:
    alert = store.alert("fixed")
    query = f"SELECT line, evidence FROM alert_lines WHERE id = '{alert}' AND state = 'resolved'"
    ((line, held),) = store.ask(query)
    pack, later = schema.load(held), 3 * MINUTE
    decided = iso(pack.window["end"] + later)
    made = replace(pack, line=replace(pack.line, decided_at=decided), lateness_ms=later)
    made = replace(made, hash=schema.hash_of(made))
    store.do(
        "UPDATE alert_lines SET evidence = :pack, line = :line, decided_at = :at WHERE id = :id AND state = 'resolved'",
        pack=msgspec.json.encode(made), line=json.dumps({**json.loads(line), "decided_at": decided}), id=alert,
        at=pack.window["end"] + later,
    )  # fmt: skip
    store.do("DELETE FROM audit WHERE subject = :id", id=alert)
    assert store.bad(alert) == []
    store.do("UPDATE alerts SET fired_at = fired_at + 1 WHERE id = :id", id=alert)
    assert any(one.startswith("stored alert: fired_at") for one in store.bad(alert))


def test_an_end_without_a_pack_is_right_under_any_lateness(store: Copy) -> None:
    """As a desk ends an alert whose rule is gone, started with another lateness than the alert's packs tell of."""
    alert = store.alert("fixed")
    query = f"SELECT line, decided_at FROM alert_lines WHERE id = '{alert}' AND state = 'resolved'"
    ((line, at),) = store.ask(query)
    store.do(
        "UPDATE alert_lines SET evidence = :pack, line = :line, decided_at = :at WHERE id = :id AND state = 'resolved'",
        pack=b"", line=json.dumps({**json.loads(line), "decided_at": iso(at + 3 * MINUTE)}), id=alert,
        at=at + 3 * MINUTE,
    )  # fmt: skip
    store.do("DELETE FROM audit WHERE subject = :id AND action = 'alert.resolved'", id=alert)
    passed, told = store.verify(alert)
    assert passed and "  ?  evidence pack: none is kept of this change" in told
    assert "  ?  audit log: it has no such change of this alert" in told
    store.do("UPDATE alerts SET resolved_at = resolved_at + :far WHERE id = :id", far=DAY, id=alert)
    assert any(one.startswith("stored alert: resolved_at") for one in store.bad(alert))
