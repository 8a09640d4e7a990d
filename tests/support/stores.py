"""Stores: fresh and migrated, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import StoreSettings
from core.store import Store, open_store

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: the test runs once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("postgres")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open, migrated store: the test runs once on each kind."""
    opened = open_store(StoreSettings(url=store_url))
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An open, migrated SQLite store, for tests in which the kind is no matter."""
    opened = open_store(StoreSettings(url=f"sqlite:///{tmp_path / 'store.db'}"))
    yield opened
    opened.close()


@pytest.fixture
def postgres_store(postgres: str) -> Iterator[Store]:
    """An open, migrated PostgreSQL store, for tests of what only it lets happen."""
    opened = open_store(StoreSettings(url=postgres))
    yield opened
    opened.close()
