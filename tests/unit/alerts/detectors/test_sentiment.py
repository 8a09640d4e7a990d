"""P-values of usual news are as rare as they say."""

from __future__ import annotations

from core.times import DAY
from tests.support.detecting import START, detector, step_through


def test_null_p_values_pass_a_level_about_as_often_as_they_say() -> None:
    for kind in ("negative_share", "sentiment"):
        found = step_through(detector(kind), [f"s{n}" for n in range(6)], 30, lambda s, at: (6.0, 0.3))
        values = [v.p_value for one in found.values() for end, v in one if end > START + 7 * DAY and v.enough]
        share = sum(p is not None and p < 0.05 for p in values) / len(values)
        assert 0.02 < share < 0.08, kind
