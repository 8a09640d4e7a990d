"""The one back-off: exponential with full jitter, bounded, honouring what the other side asked for."""

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
    """Endless waiting times in seconds: between half of and the whole of first, first·factor, … up to `most_s`."""
    rng = rng or random.Random()
    delay = first_s
    while True:
        yield delay * (0.5 + rng.random() / 2)
        delay = min(delay * factor, most_s)


def retry(
    action: Callable[[], Result],
    *,
    doing: str,
    give_up_after_s: float | None = None,
    stop: Callable[[], bool] = lambda: False,
    clock: Clock | None = None,
) -> Result:
    """Do `action` until it raises no Retryable. Raises the last one after `give_up_after_s`, or once `stop()`."""
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
