"""95 % intervals cover as often as they say."""

from __future__ import annotations

import random

from alerts.windows.intervals import wilson


def test_wilson_covers():
    rng = random.Random(1)
    for p in (0.1, 0.3, 0.5):
        inside = 0
        for _ in range(2_000):
            k = sum(rng.random() < p for _ in range(20))
            low, high = wilson(k, 20)
            inside += low <= p <= high
        assert inside / 2_000 > 0.92
    assert wilson(0, 10)[0] == 0.0 and wilson(10, 10)[1] == 1.0 and wilson(0, 0) == (0.0, 1.0)
