"""Filled stores for the queries: made once a session on SQLite and on PostgreSQL, and only to be read."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from core.settings import StoreSettings
from core.store import Store, open_store
from tests.browser.sample_store import fill


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A small run's traces."""
    if request.param == "sqlite":
        url, cluster, name = f"sqlite:///{tmp_path_factory.mktemp('sample') / 'sample.db'}", "", ""
    else:
        cluster, name = request.getfixturevalue("postgres_cluster"), f"nq_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(cluster, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        url = make_url(cluster).set(database=name).render_as_string(hide_password=False)
    opened = open_store(StoreSettings(url=url))
    fill(opened, count=400)
    yield opened
    opened.close()
    if name:
        with psycopg.connect(cluster, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
