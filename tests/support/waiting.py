"""Wait for what another thread or process does; never for time to pass."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(
    condition: Callable[[], object], message: str = "did not happen", within_s: float = 30.0
) -> None:
    """Return as soon as `condition` holds; raises AssertionError with `message` after `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"{message} within {within_s:g} s"
        time.sleep(0.01)
