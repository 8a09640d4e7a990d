"""Retries with exponential back-off and jitter, bounded, honouring the wait that the other side asked for.

Why no library: docs/decisions/0013-libraries.md.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import TypeVar

import structlog

from core.clock import Clock, SystemClock
from core.errors import Retryable

Result = TypeVar("Result")
log = structlog.get_logger(__name__)


def delays(
    first_s: float = 0.5, factor: float = 2.0, most_s: float = 30.0, rng: random.Random | None = None
) -> Iterator[float]:
    """Endless waiting times in seconds: uniform between a half and the whole of first_s, first_s·factor, … `most_s`."""
    uniform = rng.random if rng is not None else random.random
    delay = first_s
    while True:
        yield delay * (0.5 + uniform() / 2)
        delay = min(delay * factor, most_s)


def retry(
    action: Callable[[], Result],
    *,
    doing: str,
    give_up_after_s: float | None = None,
    stop: Callable[[], bool] = lambda: False,
    clock: Clock | None = None,
) -> Result:
    """Return the result of `action`, called until it raises no Retryable; waits between calls on `clock`.

    `doing`: what is attempted, for the log. Raises the last Retryable after `give_up_after_s` or once `stop()` is true,
    and at once whatever else `action` raises.
    """
    clock = clock or SystemClock()
    started = clock.monotonic_s()
    for delay in delays():
        try:
            return action()
        except Retryable as error:
            waited = clock.monotonic_s() - started
            if stop() or (give_up_after_s is not None and waited >= give_up_after_s):
                raise
            pause = max(delay, error.after_s or 0.0)
            log.warning("retrying", doing=doing, error=str(error), wait_s=round(pause, 2))
            clock.sleep(pause)
    raise AssertionError("delays() is endless")
