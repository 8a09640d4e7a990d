"""Fixtures for every test; what each is stands in tests/support."""

from __future__ import annotations

import os

# What is under test are the sources; tests/parity/test_compiled.py holds their compiled twins to the same results.
os.environ["NEWSQUAKE_COMPILED"] = "off"
# Companies: the built-in ones, whether or not public lists lie beside the checkout or in the user's data folder.
os.environ["NEWSQUAKE_ENTITIES_LISTS"] = "none"

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from core.clock import ManualClock
from tests.support.records import T0

pytest_plugins = [
    "tests.support.brokers",
    "tests.support.logged_errors",
    "tests.support.postgres",
    "tests.support.scene",
    "tests.support.stores",
    "tests.support.smtp",
    "tests.support.wire",
]

# No deadline: two busy cores make any single example slow now and then, which is no fault of the code.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

_KEPT = ("NEWSQUAKE_TEST_", "NEWSQUAKE_CACHE", "NEWSQUAKE_COMPILED", "NEWSQUAKE_ENTITIES_LISTS")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer's shell sets must not change what tests see."""
    for name in os.environ:
        if name.startswith("NEWSQUAKE_") and not name.startswith(_KEPT):
            monkeypatch.delenv(name)


@pytest.fixture
def clock() -> Iterator[ManualClock]:
    """A clock that moves only when told, at a Monday 09:00 UTC."""
    yield ManualClock(T0)
