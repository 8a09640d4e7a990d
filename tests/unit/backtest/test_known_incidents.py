"""Known incidents are read from a file, and alerts on them are called true."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from alerts.records import AlertLine
from alerts.testing import START
from backtest.known_incidents import KnownIncident, read_incidents, related, true_alarms
from core.errors import ConfigError
from core.times import DAY, HOUR, iso


def line(series: str, at: int) -> AlertLine:
    return AlertLine(
        id=series, rule="r", rule_version="v", series=series, state="firing", severity="low", onset=iso(at),
        decided_at=iso(at), observed=None, expected=None, p_value=None, articles=1, stories=1, publishers=1,
    )  # fmt: skip


FRAUD = KnownIncident("fraud", "entity:US:MCD", START, START + 4 * HOUR)


RUMOUR = KnownIncident("rumour", "entity:CN:300750", START, START + 4 * HOUR, must_alert=False)


def test_a_reader_calls_true_what_fired_on_a_known_incident_and_nothing_else() -> None:
    hit = line("entity:US:MCD", START + HOUR)
    ended = msgspec.structs.replace(hit, state="resolved", decided_at=iso(START + 2 * HOUR))
    others = [line("entity:US:F", START + HOUR), line("entity:CN:300750", START + HOUR)]
    pending = msgspec.structs.replace(hit, id="p", state="pending")
    known = [FRAUD, RUMOUR]
    assert true_alarms(known, {}, [hit, pending, *others]) == {
        "r": [("entity:US:MCD", START + HOUR, START + HOUR)]
    }
    assert true_alarms(known, {}, [hit, ended]) == {"r": [("entity:US:MCD", START + HOUR, START + 2 * HOUR)]}


def test_what_is_related_is_of_the_same_company_or_topic() -> None:
    assert related("entity:US:MCD", "entity:US:MCD/topic:energy")
    assert not related("entity:US:MCD", "topic:energy")
    assert related("topic:energy", "topic:energy@zh") and not related("topic:energy", "topic:crypto")
    assert related("all", "all@en")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,onset\n", "no column series"),
        ("series,onset\nall,yesterday\n", "events.csv:2"),
        ("series,onset,end\nall,2026-01-02,2026-01-01\n", "ends before it begins"),
        (
            "series,onset\ntopic:enrgy,2026-01-01\n",
            r"events.csv:2: no topic is called 'enrgy' \(did you mean energy\?\)",
        ),
        ("series,onset\nentity:US:F/topic:oil,2026-01-01\n", "no topic is called 'oil'; known: .*energy"),
        (
            "series,onset\nall,2026-01-01\nJPM,2026-01-01\n",
            "events.csv:3: expected all, topic:…, .*got 'JPM'",
        ),
        ("series,onset\ntopic:*,2026-01-01\n", "events.csv:2"),
        ("series,onset\nentity:JPM,2026-01-01\n", "events.csv:2: .*got 'entity:JPM'"),
    ],
)
def test_a_broken_list_of_events_is_named_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "events.csv"
    file.write_text(text)
    with pytest.raises(ConfigError, match=words):
        read_incidents(file)


def test_an_event_without_end_lasts_a_day(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text("series,onset,must_alert\nentity:US:F,2026-01-01T10:00:00Z,false\n")
    (event,) = read_incidents(file)
    assert event.end - event.onset == DAY and not event.must_alert
