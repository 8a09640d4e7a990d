"""Near signatures share a key."""

from __future__ import annotations

import random

from alerts.stories.keys import bands


def test_signatures_share_a_band_as_often_as_said():
    rng = random.Random(5)

    def share(bits):
        hits = 0
        for _ in range(400):
            one = rng.getrandbits(128)
            other = one
            for bit in rng.sample(range(128), bits):
                other ^= 1 << bit
            pairs = zip(bands(one), bands(other), strict=True)
            hits += any(mine == theirs for mine, theirs in pairs)
        return hits / 400

    assert share(7) == 1.0 and share(10) > 0.93 and share(15) > 0.6
