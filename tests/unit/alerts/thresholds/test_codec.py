"""A tracker's state comes back exactly, in the middle of episodes and holds."""

from __future__ import annotations

import random

import msgspec
import pytest

from alerts.thresholds.codec import decode_into, encode
from alerts.thresholds.episodes import EpisodeTracker
from core.times import HOUR, MINUTE


def tracker() -> EpisodeTracker:
    return EpisodeTracker(HOUR, 15 * MINUTE, 30 * MINUTE, 0.7, HOUR)


def test_a_restored_tracker_goes_on_as_the_other() -> None:
    one, other, chance = tracker(), tracker(), random.Random(2)
    for at in range(15 * MINUTE, 300 * HOUR, 15 * MINUTE):
        for series in "abc":
            statistic = chance.expovariate(0.5)
            one.observe(at, series, statistic)
            other.observe(at, series, statistic)
        if chance.random() < 0.1:
            fresh = tracker()
            decode_into(fresh, encode(other))
            assert encode(fresh) == encode(other)
            other = fresh
    assert one.peaks and one.held and one.running()
    assert encode(one) == encode(other) and sorted(one.running()) == sorted(other.running())


def test_other_bytes_are_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_into(tracker(), b"\xc1")
