"""Clocks: the system's runs, the manual one moves only when told."""

from __future__ import annotations

import time

from core.clock import ManualClock, SystemClock


def test_the_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(1_000)
    assert (clock.now_ms(), clock.monotonic_s()) == (1_000, 0)
    clock.sleep(2.5)
    assert (clock.now_ms(), clock.monotonic_s()) == (3_500, 2.5)


def test_a_wall_clock_that_is_set_back_does_not_move_intervals() -> None:
    clock = ManualClock(10_000)
    clock.jump(-5)
    assert (clock.now_ms(), clock.monotonic_s()) == (5_000, 0)


def test_the_system_clock_is_about_now() -> None:
    clock = SystemClock()
    assert abs(clock.now_ms() - time.time() * 1000) < 5_000
    before = clock.monotonic_s()
    clock.sleep(0.001)
    assert clock.monotonic_s() > before
