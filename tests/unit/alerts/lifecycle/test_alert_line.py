"""The line of a change: times as ISO 8601, floats with six significant digits."""

from __future__ import annotations

from alerts.lifecycle.alert import Alert, Evaluation, alert_id, immediate_id
from alerts.lifecycle.alert_line import line_of, round_significant
from alerts.records import Verdict, Window
from core.times import MINUTE


def test_a_line_has_the_window_and_verdict_that_decided_it() -> None:
    alert = Alert(
        id=alert_id("r", "1", "all", 60 * MINUTE), rule="r", rule_version="1", series="all", state="firing",
        severity="high", onset=60 * MINUTE,
    )  # fmt: skip
    window = Window("all", 0, 61 * MINUTE, articles=9, stories=5, publishers=3)
    verdict = Verdict(4.0, p_value=1 / 3e4, observed=2 / 3, expected=None)
    line = line_of(
        alert, "firing", "medium", Evaluation(61 * MINUTE, window, verdict, 3.0, True), ["a"], MINUTE
    )
    assert (line.id, line.state, line.severity) == (alert.id, "firing", "medium")
    assert (line.onset, line.decided_at) == ("1970-01-01T01:00:00Z", "1970-01-01T01:02:00Z")
    assert (line.observed, line.expected, line.p_value) == (0.666667, None, 3.33333e-05)
    assert (line.articles, line.stories, line.publishers, line.article_ids) == (9, 5, 3, ["a"])


def test_ids_differ_by_every_part() -> None:
    ids = {alert_id("r", "1", "all", 0), alert_id("r", "1", "all", 1), alert_id("r", "2", "all", 0)}
    assert len(ids | {immediate_id("r", "1", "all", "0")}) == 4


def test_six_significant_digits() -> None:
    assert [round_significant(value) for value in (1234567.0, 1e-9 / 3, 0.0, None)] == [
        1234570.0, 3.33333e-10, 0.0, None,
    ]  # fmt: skip
