"""When a failed attempt is repeated.

The schedule is that of Standard Webhooks 1.0: at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h (75 h in
all), each with jitter; then the message has expired, stays in the outbox, and can be sent again by hand.
"""

from __future__ import annotations

import random

from core.times import HOUR, MINUTE, SECOND

WAITS_MS = (
    5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR,
)  # fmt: skip
"""Between try n and n + 1."""
JITTER = 0.1
_LONGEST_RETRY_AFTER_MS = 24 * HOUR


def next_try(attempts: int, now_ms: int, after_s: float | None, rng: random.Random) -> int | None:
    """Return when to try again after `attempts` failed ones, in milliseconds; None: the message has expired.

    `after_s`: seconds that the receiver asked for (Retry-After), honoured up to a day.

    >>> next_try(1, 0, None, random.Random(1)) in range(4500, 5501)
    True
    >>> next_try(10, 0, None, random.Random(1)) is None
    True
    """
    if attempts > len(WAITS_MS):
        return None
    wait = WAITS_MS[attempts - 1] * (1 + JITTER * (2 * rng.random() - 1))
    requested = min((after_s or 0.0) * 1000, _LONGEST_RETRY_AFTER_MS)
    return now_ms + round(max(wait, requested))
