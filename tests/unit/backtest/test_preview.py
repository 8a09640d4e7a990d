"""Preview: alerts against known incidents, each counted as what it is."""

from __future__ import annotations

import json
import random
from pathlib import Path

import msgspec
import pytest

from alerts.records import AlertLine
from alerts.rules.loading import parse_rules
from alerts.testing import START, scored
from alerts.thresholds.fitting import LOWEST
from backtest.cli_rules import rules_preview, rules_tune
from backtest.known_incidents import KnownIncident, read_incidents, related, true_alarms
from backtest.preview import RuleReport, _place, preview
from core.errors import ConfigError
from core.times import DAY, HOUR, MINUTE, iso


def line(series: str, at: int) -> AlertLine:
    return AlertLine(
        id=series, rule="r", rule_version="v", series=series, state="firing", severity="low", onset=iso(at),
        decided_at=iso(at), observed=None, expected=None, p_value=None, articles=1, stories=1, publishers=1,
    )  # fmt: skip


FRAUD = KnownIncident("fraud", "entity:US:MCD", START, START + 4 * HOUR)
RUMOUR = KnownIncident("rumour", "entity:CN:300750", START, START + 4 * HOUR, must_alert=False)


@pytest.mark.parametrize(
    ("series", "at", "what"),
    [
        ("entity:US:MCD", START + HOUR, "hit"),
        ("entity:US:MCD/topic:legal_regulation@en", START + 6 * HOUR, "hit"),
        ("entity:US:MCD", START - MINUTE, "false"),
        ("entity:US:MCD", START + 8 * HOUR, "false"),
        ("entity:US:F", START + HOUR, "false"),
        ("topic:legal_regulation", START + HOUR, "beside"),
        ("topic:legal_regulation", START + 3 * DAY, "false"),
        ("entity:CN:300750", START + HOUR, "forbidden"),
    ],
)
def test_an_alert_is_a_hit_beside_or_false(series: str, at: int, what: str) -> None:
    report = RuleReport("r")
    _place(report, line(series, at), [FRAUD, RUMOUR], 3 * HOUR)
    found = {
        "hit": report.hits == {"fraud": at - START},
        "beside": report.beside == 1,
        "forbidden": report.forbidden == ["rumour"] and len(report.false) == 1,
        "false": len(report.false) == 1 and not report.forbidden,
    }
    assert [name for name, holds in found.items() if holds] == [what]


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


def test_a_preview_counts_weeks_with_data_and_finds_the_burst() -> None:
    rules = parse_rules(
        'rules:\n  - {name: bad, series: ["topic:energy"], window: 1h, threshold: 0.8, minimum: {stories: 3}}\n',
        "r",
    )
    quiet = [scored(n, START + n * HOUR, negative=1_000) for n in range(14 * 24)]
    burst = START + 10 * DAY + 10 * MINUTE
    records = [*quiet, *(scored(1000 + n, burst + n * MINUTE, negative=9_000) for n in range(12))]
    records.sort(key=lambda one: one.article.available_at)
    event = KnownIncident("fire", "topic:energy", burst, burst + HOUR)
    report = preview(
        iter(records),
        rules,
        start=START,
        end=START + 14 * DAY,
        pane_ms=MINUTE,
        lateness_ms=MINUTE,
        events=[event],
    )
    told = report.summary()
    assert told["recall"] == told["precision"] == 1.0 and told["forbidden"] == []
    assert 0 < told["median_delay_s"] <= 1800
    assert told["weeks"] == 2.0, "days touched in part count in part"
    assert (told["articles"], told["articles_before"]) == (len(records), 0)
    late = preview(
        iter(records), rules, start=START + 11 * DAY, end=START + 14 * DAY, pane_ms=MINUTE, lateness_ms=MINUTE,
        events=[event],
    )  # fmt: skip
    assert late.summary()["alerts"] == 0 and late.summary()["incidents"] == 0
    assert (late.summary()["articles"], late.summary()["articles_before"]) == (3 * 24, 11 * 24 + 12)


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


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2024-01-02", "2024-01-01", "--from 2024-01-02 is not before --to 2024-01-01"),
        ("2024-01-02", "2024-01-02", "is not before"),
        ("2031-01-01", None, "no article from 2031-01-01"),
        (None, "1980-01-01", "no article before 1980-01-01"),
    ],
)
def test_a_period_that_holds_nothing_is_told_before_the_work(
    tmp_path: Path, start: str | None, end: str | None, words: str
) -> None:
    file = tmp_path / "scored.jsonl"
    file.write_bytes(b"".join(msgspec.json.encode(scored(n, START + n * HOUR)) + b"\n" for n in range(3)))
    for command in (rules_preview, rules_tune):
        with pytest.raises(ConfigError, match=words):
            command(start=start, end=end, scored=file)


def test_the_time_from_onset_to_alert_is_called_a_delay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rules, file, events = tmp_path / "rules.yaml", tmp_path / "scored.jsonl", tmp_path / "events.csv"
    rules.write_text('rules: [{name: bad, series: ["topic:energy"], threshold: 0.8}]\n')
    records = [scored(n, START + n * MINUTE, negative=9_000) for n in range(200)]
    file.write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in records))
    events.write_text(f"id,series,onset,end\nfire,topic:energy,{iso(START)},{iso(START + 3 * HOUR)}\n")
    rules_preview(rules=rules, scored=file, events=events)
    said = capsys.readouterr().out
    assert "recall 1.000" in said and "min after the onset" in said and "lead" not in said


def test_a_short_period_says_how_many_articles_are_its_own_and_how_many_only_taught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "scored.jsonl"
    file.write_bytes(b"".join(msgspec.json.encode(scored(n, START + n * HOUR)) + b"\n" for n in range(72)))
    rules_preview(start=iso(START + 2 * DAY), end=iso(START + 3 * DAY), scored=file)
    assert ": 24 articles, 0.143 weeks with data; 48 articles before only taught\n" in capsys.readouterr().out


def test_tune_shows_each_fits_interval(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        'rules:\n  - {name: busy, series: ["topic:energy"], window: 1h, detector: {kind: volume, calendar: none}}\n'
    )
    chance, at, told = random.Random(1), START, []
    while (at := at + round(chance.expovariate(2.0) * HOUR)) < START + 40 * DAY:
        told.append(scored(len(told), at))
    file = tmp_path / "scored.jsonl"
    file.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in told))
    rules_tune(rules, scored=file, json=True)
    (options,) = json.loads(capsys.readouterr().out).values()
    fitted = [one for one in options if one["how"].startswith("peaks over threshold")]
    assert fitted and all(LOWEST <= one["low"] <= one["threshold"] <= one["high"] for one in fitted)
    rules_tune(rules, scored=file)
    said = capsys.readouterr().out
    assert "90 % interval" in said and f"{fitted[0]['low']:.3f} to {fitted[0]['high']:.3f}" in said
