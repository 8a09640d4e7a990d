"""Migrations: what they make is what core/tables.py says, on both databases."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from core.store import Store
from core.store.migrate import revisions
from core.tables import metadata


def test_the_migrated_store_is_what_the_tables_say(store: Store) -> None:
    with store.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": False}
        )
        found = [change for change in compare_metadata(context, metadata) if "comment" not in str(change[0])]
    assert found == []


def test_a_migrated_store_is_at_the_head(store: Store) -> None:
    with store.read() as connection:
        current, head, known = revisions(connection)
    assert known
    assert current == head
