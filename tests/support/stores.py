"""Stores: fresh and migrated, on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import StoreSettings
from core.store import Store, open_store

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without rows: copying it is faster than migrating again."""
    file = tmp_path_factory.mktemp("template") / "store.db"
    open_store(StoreSettings(url=f"sqlite:///{file}")).close()
    return file


@pytest.fixture
def migrated_sqlite(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a migrated SQLite file without rows, in the test's own folder."""
    file = tmp_path / "store.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture(params=BOTH)
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database without rows: the test runs once on each kind."""
    url: str = request.getfixturevalue(f"migrated_{request.param}")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open, migrated store: the test runs once on each kind."""
    opened = open_store(StoreSettings(url=store_url))
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(migrated_sqlite: str) -> Iterator[Store]:
    """An open, migrated SQLite store, for tests that hold on any kind."""
    opened = open_store(StoreSettings(url=migrated_sqlite))
    yield opened
    opened.close()


@pytest.fixture
def postgres_store(migrated_postgres: str) -> Iterator[Store]:
    """An open, migrated PostgreSQL store, for tests of what happens only there."""
    opened = open_store(StoreSettings(url=migrated_postgres))
    yield opened
    opened.close()
