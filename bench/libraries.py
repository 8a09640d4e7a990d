"""Our back-off and breaker beside tenacity, stamina and purgatory, on our cases (docs/decisions/0013-libraries.md).

uv run --with tenacity --with stamina --with purgatory python bench/libraries.py
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from core.clock import ManualClock
from core.errors import BusUnavailable, Retryable
from core.retry import delays, retry
from core.times import MINUTE
from ingest.live.breaker import Breaker

CALLS = 20_000
Attempt = Callable[[Callable[[], Any], ManualClock, Callable[[], bool]], Any]
"""attempt(action, clock, stop): retries `action`, waiting on `clock`, until `stop()`."""


def ours(action: Callable[[], Any], clock: ManualClock, stop: Callable[[], bool]) -> Any:
    """core.retry."""
    return retry(action, doing="bench", clock=clock, stop=stop)


def with_tenacity() -> Attempt:
    """tenacity with our waits: its own know neither `after_s` nor an injected clock."""
    import tenacity

    def attempt(action: Callable[[], Any], clock: ManualClock, stop: Callable[[], bool]) -> Any:
        pauses = delays()

        def wait(state: Any) -> float:
            error = state.outcome.exception()
            return max(next(pauses), getattr(error, "after_s", None) or 0.0)

        return tenacity.Retrying(
            sleep=clock.sleep, wait=wait, stop=lambda _: stop(), reraise=True,
            retry=tenacity.retry_if_exception_type(Retryable),
        )(action)  # fmt: skip

    return attempt


def with_stamina() -> Attempt:
    """stamina: its back-off hook can return `after_s` or refuse, its sleep and its clock are fixed."""
    import stamina

    def attempt(action: Callable[[], Any], clock: ManualClock, stop: Callable[[], bool]) -> Any:
        def on(error: Exception) -> bool | float:
            if not isinstance(error, Retryable) or stop():
                return False
            return error.after_s or True

        for context in stamina.retry_context(on=on, attempts=None, timeout=None):
            with context:
                return action()
        raise AssertionError("stamina gave up")

    return attempt


def failing(times: int, after_s: float | None = None) -> Callable[[], str]:
    """An action that raises BusUnavailable so many times, then returns."""
    left = [times]

    def action() -> str:
        if left[0]:
            left[0] -= 1
            raise BusUnavailable("away", after_s)
        return "done"

    return action


@contextmanager
def slept() -> Iterator[list[float]]:
    """What time.sleep was asked for within, without sleeping."""
    real, asked = time.sleep, []
    time.sleep = asked.append  # type: ignore[assignment]
    try:
        yield asked
    finally:
        time.sleep = real


def measure(name: str, attempt: Attempt) -> None:
    """Print what one attempt costs, and how it behaves in each case."""
    clock = ManualClock()
    action = failing(0)
    started = time.perf_counter()
    for _ in range(CALLS):
        attempt(action, clock, bool)
    cost = (time.perf_counter() - started) / CALLS * 1e6
    with slept() as asked:
        clock = ManualClock()
        attempt(failing(1, after_s=120), clock, bool)
        waited = clock.monotonic_s() or sum(asked)
        stopped = [0]

        def stop() -> bool:
            stopped[0] += 1
            return stopped[0] > 2

        clock = ManualClock()
        try:
            attempt(failing(10**9), clock, stop)
        except BusUnavailable:
            ended = "ends when asked"
    injected = "no" if asked else "yes"
    print(
        f"{name:9s} {cost:7.2f} µs a call that succeeds; after_s=120 waits {waited:.0f} s; {ended}; "
        f"injected clock: {injected}"
    )


def breakers() -> None:
    """Print the pauses of both breakers after 1 to 8 failures, and whether a Retry-After is honoured."""
    from purgatory import SyncCircuitBreakerFactory

    own, now = Breaker({}, random.Random(1)), 1_700_000_000_000
    pauses = []
    for _ in range(8):
        own.failure(now, "down")
        pauses.append(f"{(own.retry_at - now) / MINUTE:.1f}")
    own.failure(now, "429", after_s=7 * 3600)
    print(
        f"ours      pauses of {', '.join(pauses)} min; Retry-After of 7 h waits {(own.retry_at - now) / 3.6e6:.1f} h"
    )
    print(f"          state kept in the cursor: {Breaker(own.state).retry_at == own.retry_at}")
    factory = SyncCircuitBreakerFactory(default_threshold=3, default_ttl=60)
    breaker = factory.get_breaker("source")
    for _ in range(8):
        try:
            with breaker:
                raise BusUnavailable("down", after_s=7 * 3600)
        except Exception as error:  # noqa: BLE001  BusUnavailable, then purgatory's own
            last = type(error).__name__
    print(f"purgatory opens after 3 failures ({last}), always for its one ttl of 60 s; memory or Redis only")


def main() -> int:
    """Print everything; without the libraries only how to get them."""
    if not all(map(find_spec, ("tenacity", "stamina", "purgatory"))):
        print("the libraries are not installed; see the first lines of this file")
        return 0
    for module in ("core.retry", "tenacity", "stamina", "purgatory"):
        code = f"import structlog, time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
        took = min(float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(5))
        print(f"import {module:10s} {took * 1000:6.1f} ms")
    measure("ours", ours)
    measure("tenacity", with_tenacity())
    measure("stamina", with_stamina())
    breakers()
    return 0


if __name__ == "__main__":
    sys.exit(main())
