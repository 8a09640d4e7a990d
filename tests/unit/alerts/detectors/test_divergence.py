"""One side alone that turns bad is detected, both together are not."""

from __future__ import annotations

from core.times import DAY
from tests.support.detecting import START, detector, highest, step_through


def test_one_language_alone_turning_bad_diverges_and_both_together_do_not() -> None:
    pair = ["topic:energy@en", "topic:energy@zh"]

    def one(series: str, at: int) -> tuple[float, float]:
        return 5.0, 0.85 if series.endswith("zh") and at > START + 20 * DAY else 0.3 if series.endswith(
            "zh"
        ) else 0.15

    def both(series: str, at: int) -> tuple[float, float]:
        return 5.0, 0.85 if at > START + 20 * DAY else 0.3 if series.endswith("zh") else 0.15

    alone = step_through(detector("language_divergence"), pair, 21, one)
    together = step_through(detector("language_divergence"), pair, 21, both)
    assert highest(alone[pair[1]], 20, 21) > 3.0
    assert highest(together[pair[1]], 20, 21) < 3.0 and highest(alone[pair[1]], 5, 20) < 3.5


def test_a_company_in_trouble_diverges_and_a_sector_in_trouble_does_not() -> None:
    banks = [f"entity:US:B{n}" for n in range(5)]

    def one(series: str, at: int) -> tuple[float, float]:
        return 3.0, 0.9 if series == banks[0] and at > START + 20 * DAY else 0.2

    def all_of_them(series: str, at: int) -> tuple[float, float]:
        return 3.0, 0.9 if at > START + 20 * DAY else 0.2

    alone = step_through(detector("sector_divergence"), banks, 21, one)
    together = step_through(detector("sector_divergence"), banks, 21, all_of_them)
    assert highest(alone[banks[0]], 20, 21) > 2.5 > 1.5 > highest(together[banks[0]], 20, 21)
