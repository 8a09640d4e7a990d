"""A filled store for the queries: SQLite always, PostgreSQL too where there is one (tests/support/stores.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import StoreSettings
from core.store import Store, open_store
from tests.browser.sample_store import sample_store


@pytest.fixture(scope="session")
def sample_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store of 2,400 articles; shared, so only to be read."""
    folder: Path = tmp_path_factory.mktemp("sample")
    return sample_store(folder / "sample.db")


@pytest.fixture
def sample(sample_url: str) -> Iterator[Store]:
    """The same, opened for reading."""
    store = open_store(StoreSettings(url=sample_url), read_only=True)
    yield store
    store.close()
