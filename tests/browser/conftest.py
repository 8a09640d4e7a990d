"""One dashboard on the sample store and one Chromium for all browser tests; skipped, by name, without Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from core.errors import ConfigError
from newsquake.browser import browser, chromium, running_dashboard
from tests.browser.sample_store import sample_store

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def opened() -> Iterator[Browser]:
    """Chromium."""
    try:
        chromium()
    except ConfigError as error:
        pytest.skip(str(error))
    with browser() as found:
        yield found


@pytest.fixture(scope="session")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with a crash on 19 October 1987."""
    return sample_store(tmp_path_factory.mktemp("page") / "sample.db", count=1_200)


@pytest.fixture(scope="session")
def address(store_url: str) -> Iterator[str]:
    """A dashboard on it."""
    with running_dashboard(store_url) as found:
        yield found
