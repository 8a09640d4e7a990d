"""Previews: hits, false alarms and weeks with data."""

from __future__ import annotations

import pytest

from alerts.records import AlertLine
from alerts.rules.loading import parse_rules
from alerts.testing import START, scored
from backtest.known_incidents import KnownIncident
from backtest.preview import _place, preview
from backtest.report import RuleReport
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
