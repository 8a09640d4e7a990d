"""The one back-off: bounded, patient with what may pass, not with what will not."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from core.clock import ManualClock
from core.errors import BusUnavailable, ConfigError, StoreUnavailable
from core.retry import delays, retry


def test_delays_grow_to_a_bound_and_are_never_nothing() -> None:
    waits = list(islice(delays(0.5, 2, 30, random.Random(1)), 20))
    assert all(0.25 <= wait <= 30 for wait in waits)
    assert all(wait >= 15 for wait in waits[8:])


def failing(times: int, error: Exception) -> tuple[list[int], object]:
    calls = []

    def action() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return "done"

    return calls, action


def test_it_tries_until_it_works(clock: ManualClock) -> None:
    calls, action = failing(4, BusUnavailable("away"))
    assert retry(action, doing="x", clock=clock) == "done"  # type: ignore[arg-type]
    assert len(calls) == 5
    assert clock.monotonic_s() > 1


def test_it_gives_up_after_the_time_it_was_given(clock: ManualClock) -> None:
    calls, action = failing(10**9, StoreUnavailable("locked"))
    with pytest.raises(StoreUnavailable, match="locked"):
        retry(action, doing="x", give_up_after_s=10, clock=clock)  # type: ignore[arg-type]
    assert 10 <= clock.monotonic_s() < 45
    assert len(calls) > 3


def test_it_waits_as_long_as_the_other_side_asked_for(clock: ManualClock) -> None:
    _, action = failing(1, BusUnavailable("busy", after_s=120))
    retry(action, doing="x", clock=clock)  # type: ignore[arg-type]
    assert clock.monotonic_s() >= 120


def test_what_a_person_must_mend_is_not_tried_again(clock: ManualClock) -> None:
    calls, action = failing(1, ConfigError("wrong"))
    with pytest.raises(ConfigError):
        retry(action, doing="x", clock=clock)  # type: ignore[arg-type]
    assert len(calls) == 1


def test_a_stage_that_is_told_to_stop_does_not_wait_on(clock: ManualClock) -> None:
    calls, action = failing(10**9, BusUnavailable("away"))
    with pytest.raises(BusUnavailable):
        retry(action, doing="x", stop=lambda: len(calls) >= 2, clock=clock)  # type: ignore[arg-type]
    assert len(calls) == 2
