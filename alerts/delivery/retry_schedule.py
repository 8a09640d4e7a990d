"""When to try again, and what an HTTP answer means: pure, tested as tables.

The schedule is that of Standard Webhooks 1.0: at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h (75 h in
all), each with jitter; then the message has expired, stays in the outbox, and can be sent again by hand.
"""

from __future__ import annotations

import random
from email.utils import parsedate_to_datetime
from enum import StrEnum

from core.times import HOUR, MINUTE, SECOND, to_ms

WAITS_MS = (
    5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR,
)  # fmt: skip
"""Between try n and n + 1."""
JITTER = 0.1
_LONGEST_WISH_MS = 24 * HOUR


class HttpOutcome(StrEnum):
    """What an HTTP status means to a sender."""

    SENT = "sent"
    RETRY = "retry"
    THROTTLE = "throttle"
    REFUSED = "refused"
    DISABLED = "disabled"


def http_outcome(status: int) -> HttpOutcome:
    """2xx is success and nothing else is.

    A redirect is a failure and is not followed; 410 switches the channel off; 408, 425 and 5xx pass, and so does a 409
    (a receiver that is busy with the same id); any other 4xx is a no that another try will not change.
    """
    if 200 <= status < 300:
        return HttpOutcome.SENT
    if status == 410:
        return HttpOutcome.DISABLED
    if status in (429, 502, 503, 504):
        return HttpOutcome.THROTTLE
    if status in (408, 409, 425) or status >= 500 or status < 400:
        return HttpOutcome.RETRY
    return HttpOutcome.REFUSED


def next_try(attempts: int, now_ms: int, after_s: float | None, rng: random.Random) -> int | None:
    """When to try again after `attempts` failed ones; None: it has expired.

    >>> next_try(1, 0, None, random.Random(1)) in range(4500, 5501)
    True
    >>> next_try(10, 0, None, random.Random(1)) is None
    True
    """
    if attempts > len(WAITS_MS):
        return None
    wait = WAITS_MS[attempts - 1] * (1 + JITTER * (2 * rng.random() - 1))
    wished = min((after_s or 0.0) * 1000, _LONGEST_WISH_MS)
    return now_ms + round(max(wait, wished))


def retry_after_s(header: str | None, now_ms: int) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or a date; None where it is absent or nonsense."""
    if not header:
        return None
    text = header.strip()
    if text.isdigit():
        return float(min(int(text[:9]), _LONGEST_WISH_MS // 1000))
    try:
        return max(0.0, (to_ms(parsedate_to_datetime(text)) - now_ms) / 1000)
    except (ValueError, OverflowError):
        return None
