"""A change's pack is checked against the store's line and the audit log."""

from __future__ import annotations

import json

import msgspec
import pytest
from msgspec.structs import replace

from alerts.evidence import schema
from tests.support.stored_alerts import FIRST, Copy, first


def test_what_the_desk_wrote_agrees_to_the_last_figure(store: Copy) -> None:
    for rule in ("share", "many", "fixed", "at-once"):
        passed, told = store.verify(store.alert(rule))
        assert passed and "BAD" not in told
        unknown = [line for line in told.splitlines() if line.startswith("  ? ")]
        assert all("stored fit: none was in force then" in line for line in unknown), unknown
    passed, told = store.verify(store.alert("share"))
    titles = [line for line in told.splitlines() if line.endswith(":") and "  " not in line]
    assert titles[0].startswith("pending, low, decided at 2023-") and titles[-1] == "the alert:"
    assert [title.split(",")[0] for title in titles[1:-1]] == ["firing", "firing", "resolved"]
    assert "  -  taken as stated: what the detector had learned before this step" in told
    assert "ok   audit log: it has this line and this pack's hash" in told
    assert told.count("ok   hop: counts") == 4


def test_an_edited_line_and_an_edited_row_are_both_found(store: Copy) -> None:
    alert = store.alert("share")
    line, _ = first(store, alert)
    edited = json.dumps({**json.loads(line), "stories": 99, "severity": "critical"})
    store.do(f"UPDATE alert_lines SET line = :line WHERE {FIRST}", line=edited, id=alert)
    store.do("UPDATE alerts SET severity = 'high' WHERE id = :id", id=alert)
    found = store.bad(alert)
    (of_line,) = [one for one in found if one.startswith("stored line")]
    assert (
        "stories: the pack says" in of_line and "the store 99" in of_line and "the store critical" in of_line
    )
    assert any(one.startswith("stored alert: severity: the last line says") for one in found)
    assert any(one.startswith("desk's state of it: severity") for one in found)


def test_a_line_and_its_pack_that_were_both_made_anew_are_found_by_the_audit_log(store: Copy) -> None:
    alert = store.alert("share")
    line, pack = first(store, alert)
    made = schema.load(pack)
    lie = replace(made, line=replace(made.line, expected=0.01))
    lie = replace(lie, hash=schema.hash_of(lie))
    store.do(
        f"UPDATE alert_lines SET line = :line, evidence = :pack WHERE {FIRST}",
        line=json.dumps({**json.loads(line), "expected": 0.01}), pack=msgspec.json.encode(lie), id=alert,
    )  # fmt: skip
    (of_log,) = [one for one in store.bad(alert) if one.startswith("audit log")]
    assert "evidence: the pack says" in of_log and "expected: the pack says 0.01" in of_log


@pytest.mark.parametrize("state", ["pending", "firing", "resolved"])
def test_a_pack_that_was_taken_away_or_spoilt_is_found(store: Copy, state: str) -> None:
    alert, there = store.alert("share"), f"id = :id AND state = '{state}'"
    assert store.ask(f"SELECT 1 FROM alert_lines WHERE {there.replace(':id', repr(alert))}")
    store.do(f"UPDATE alert_lines SET evidence = :pack WHERE {there}", pack=b'{"schema": 1}', id=alert)
    assert any("not an evidence pack" in one for one in store.bad(alert))
    store.do(f"UPDATE alert_lines SET evidence = :pack WHERE {there}", pack=b"", id=alert)
    assert any(one.startswith("evidence pack:") and "the store" in one for one in store.bad(alert))
    if state != "pending":  # of which the log tells nothing
        store.do(
            f"UPDATE alert_lines SET line = replace(line, '\"stories\":', '\"stories\":1') WHERE {there}",
            id=alert,
        )
        assert any(one.startswith("audit log: stories: the stored line says") for one in store.bad(alert))
    store.do("UPDATE alert_lines SET evidence = :pack WHERE id = :id", pack=b"", id=alert)
    assert store.bad(alert)
