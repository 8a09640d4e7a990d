"""Alembic's entry: always online, on the connection that core/store/migrate.py hands over."""

from alembic import context

from core.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
