"""The store: SQLAlchemy Core over SQLite (WAL) or PostgreSQL, from the same code. Tables: core/tables.py."""

from core.store.engine import Store, insert_absent, open_store, upsert
from core.store.lease import Lease, take_lease

__all__ = ["Lease", "Store", "insert_absent", "open_store", "take_lease", "upsert"]
