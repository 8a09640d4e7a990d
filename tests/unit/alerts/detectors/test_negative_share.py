"""A surge of bad news is detected, and does not become normal in a day."""

from __future__ import annotations

from core.times import DAY, HOUR
from tests.support.detecting import START, detector, highest, step_through


def test_a_surge_of_bad_news_is_seen_within_two_hops_of_enough_evidence() -> None:
    found = step_through(
        detector("negative_share"),
        ["a", "b"],
        15,
        lambda s, at: (5.0, 0.9 if s == "a" and at > START + 14 * DAY else 0.2),
    )
    first = next(end for end, v in found["a"] if end > START + 14 * DAY and v.enough and v.statistic > 3.0)
    assert first - (START + 14 * DAY) <= 3 * HOUR
    assert highest(found["a"], 3, 14) < 4.0 and highest(found["b"], 3, 15) < 4.0


def test_an_incident_does_not_become_normal_in_a_day() -> None:
    share = detector("negative_share")
    found = step_through(
        share,
        ["a", "b"],
        23,
        lambda s, at: (4.0, 0.95 if s == "a" and 0 < at - START - 20 * DAY < DAY else 0.2),
    )
    before = [v.expected for end, v in found["a"] if end < START + 20 * DAY][-1]
    after = next(v.expected for end, v in found["a"] if end > START + 21 * DAY)
    assert before is not None and after is not None and after - before < 0.08
