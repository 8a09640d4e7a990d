"""Nights are no silence, an outage by day is."""

from __future__ import annotations

from core.times import DAY, HOUR
from tests.support.detecting import START, detector, highest, step_through


def test_nights_are_not_silence_and_an_outage_by_day_is() -> None:
    def rate(series: str, at: int) -> tuple[float, float]:
        if at > START + 28 * DAY + 10 * HOUR:
            return 0.0, 0.0
        return (6.0 if 8 <= (at // HOUR) % 24 < 20 else 0.02), 0.2

    silence = detector("silence")
    found = step_through(silence, ["source:wire"], 29, rate)["source:wire"]
    assert highest(found, 10, 28.4) < 4.0
    first = next(
        end for end, v in found if end > START + 28 * DAY + 10 * HOUR and v.enough and v.statistic > 4.0
    )
    assert first <= START + 28 * DAY + 16 * HOUR
    due = silence.next_due("source:wire", START + 28 * DAY + 20 * HOUR)
    assert due is not None and due >= START + 29 * DAY + 2 * HOUR, "little can change before the morning"


def test_a_series_that_ended_weeks_ago_is_given_up_rather_than_reported_for_ever() -> None:
    silence = detector("silence", give_up_days=3.0)
    found = step_through(
        silence, ["a"], 20, lambda s, at: (4.0, 0.2) if at < START + 12 * DAY else (0.0, 0.0)
    )["a"]
    assert highest(found, 12, 15) > 5.0 and highest(found, 15.2, 20) == 0.0
    assert silence.next_due("a", START + 19 * DAY) is None
