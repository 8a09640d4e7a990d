"""A small shift that lasts is detected, though no window shows it."""

from __future__ import annotations

from core.times import DAY
from tests.support.detecting import START, detector, highest, step_through


def test_a_small_lasting_shift_is_seen_by_the_sum_though_no_window_shows_it() -> None:
    def rate(series: str, at: int) -> tuple[float, float]:
        return 3.0, 0.5 if series == "a" and at > START + 30 * DAY else 0.2

    series = ["a", "b", "c"]
    summed = step_through(detector("mean_shift"), series, 34, rate)
    windows = step_through(detector("sentiment"), series, 34, rate)
    assert highest(summed["a"], 30, 34) > 5.0 > highest(windows["a"], 30, 32)
    assert highest(summed["a"], 5, 30) < 5.0 and highest(summed["b"], 5, 34) < 5.0
