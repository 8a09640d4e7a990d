"""Alembic migrations, run at start under a lock so that several processes may start at once."""

from __future__ import annotations

from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from core.errors import ConfigError
from core.store.engine import Store

log = structlog.get_logger(__name__)
_SCRIPTS = Path(__file__).parent.parent / "migrations"
_LOCK = 7_206_481_155


def revisions(connection: Connection) -> tuple[str | None, str | None, bool]:
    """Return (the store's revision, None where it has none; the newest known one; whether the store's is known)."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    script = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    known = current is None or current in {revision.revision for revision in script.walk_revisions()}
    return current, script.get_current_head(), known


def migrate(store: Store) -> None:
    """Upgrade the store to the newest revision, in one transaction.

    Raises ConfigError for a store that a newer version wrote, StoreUnavailable where it does not answer.
    """
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    script = ScriptDirectory.from_config(config)
    head = script.get_current_head()
    with store.read() as connection:
        if MigrationContext.configure(connection).get_current_revision() == head:
            return
    with store.write() as connection:
        _lock(store, connection)
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
            raise ConfigError(
                f"store {store.engine.url.render_as_string()} was written by a newer Newsquake (revision {current}): "
                "update Newsquake, or use another store"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    if current is not None:  # a new store is made, not upgraded
        log.info("store upgraded", store=store.engine.url.render_as_string(), before=current, now=head)


def _lock(store: Store, connection: Connection) -> None:
    if not store.is_sqlite:  # SQLite: BEGIN IMMEDIATE is the lock
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
