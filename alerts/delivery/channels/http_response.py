"""The meaning of an HTTP answer, for every channel that sends over HTTP."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from enum import StrEnum

from core.times import DAY, to_ms


class HttpOutcome(StrEnum):
    """What an HTTP status means to a sender."""

    SENT = "sent"
    RETRY = "retry"
    THROTTLE = "throttle"
    REFUSED = "refused"
    DISABLED = "disabled"


def http_outcome(status: int) -> HttpOutcome:
    """Return the meaning of an HTTP status: only 2xx is success.

    A redirect is a failure and is not followed; 410 switches the channel off; 408, 425 and 5xx pass, and so does a 409
    (a receiver that is busy with the same id); any other 4xx is a refusal that another attempt will not change.
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


def retry_after_s(header: str | None, now_ms: int) -> float | None:
    """Return the seconds that a Retry-After header asks for (a number or a date); None if absent or invalid."""
    if not header:
        return None
    text = header.strip()
    if text.isdigit():
        return float(min(int(text[:9]), DAY // 1000))
    try:
        return max(0.0, (to_ms(parsedate_to_datetime(text)) - now_ms) / 1000)
    except (ValueError, OverflowError):
        return None
