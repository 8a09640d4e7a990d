"""A slow slide over weeks is detected, steady news is not."""

from __future__ import annotations

from core.times import DAY
from tests.support.detecting import START, detector, highest, step_through


def test_a_slow_slide_over_weeks_is_a_drift_and_steady_news_is_none() -> None:
    def rate(series: str, at: int) -> tuple[float, float]:
        weeks = max(0.0, (at - START - 40 * DAY) / (7 * DAY))
        return 3.0, min(0.7, 0.2 + (0.1 * weeks if series == "a" else 0.0))

    found = step_through(detector("drift"), ["a", "b"], 75, rate)
    assert highest(found["a"], 60, 75) > 5.0
    assert highest(found["a"], 15, 40) < 5.0 and highest(found["b"], 15, 75) < 5.0


def test_a_drifts_statistic_is_as_wide_in_the_first_weeks_as_it_claims() -> None:
    # Both of its means hold the same stories at first: errors that took them for independent were far too wide, the
    # first fit learned a threshold from them, and the rule then fired half as often again as its budget.
    series = [f"s{number}" for number in range(12)]
    found = step_through(detector("drift"), series, 35, lambda name, at: (1.5, 0.2))
    for begin, end in ((15, 21), (28, 35)):
        scores = [
            (verdict.observed - verdict.expected) / ((verdict.high - verdict.expected) / 1.96)
            for name in series
            for at, verdict in found[name]
            if verdict.enough and START + begin * DAY <= at <= START + end * DAY
        ]
        assert 0.5 < sum(score * score for score in scores) / len(scores) < 1.6
