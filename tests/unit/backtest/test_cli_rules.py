"""`newsquake rules preview` and `rules tune`."""

from __future__ import annotations

import json
import random
from pathlib import Path

import msgspec
import pytest

from alerts.testing import START, scored
from alerts.thresholds.fitting import LOWEST
from backtest.cli_rules import rules_preview, rules_tune
from core.errors import ConfigError
from core.times import DAY, HOUR, MINUTE, iso


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
    assert (
        ": 24 articles, 0.143 weeks with data; 48 articles before were only learned from\n"
        in capsys.readouterr().out
    )


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
