"""A source that fails is asked less and less, and never sooner than it wants."""

import random

from core.times import HOUR, MINUTE
from ingest.live.breaker import MOST_MS, Breaker

NOW = 1_700_000_000_000


def test_each_failure_waits_longer_up_to_six_hours() -> None:
    breaker = Breaker({}, random.Random(1))
    waits = []
    for _ in range(14):
        breaker.failure(NOW, "down")
        waits.append(breaker.retry_at - NOW)
    assert MINUTE / 2 <= waits[0] <= MINUTE
    assert all(later <= MOST_MS for later in waits)
    assert waits[-1] >= MOST_MS / 2
    assert not breaker.allows(NOW)
    assert breaker.allows(breaker.retry_at)


def test_retry_after_outranks_our_own_impatience() -> None:
    breaker = Breaker({})
    breaker.failure(NOW, "429", after_s=7200)
    assert breaker.retry_at >= NOW + 2 * HOUR


def test_state_survives_a_restart_and_success_clears_it() -> None:
    breaker = Breaker({})
    for _ in range(3):
        breaker.failure(NOW, "x" * 1000)
    again = Breaker(breaker.state)
    assert again.open
    assert (again.retry_at, len(again.error)) == (breaker.retry_at, 500)
    again.success()
    assert again.state == {}
    assert again.allows(NOW)
