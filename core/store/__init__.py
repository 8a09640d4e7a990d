"""The store: SQLAlchemy Core over SQLite (WAL) or PostgreSQL, from the same code. Tables: core/tables.py."""

from core.store.engine import Store
from core.store.inserts import insert_absent, upsert
from core.store.lease import Lease, take_lease
from core.store.open import open_store

__all__ = ["Lease", "Store", "insert_absent", "open_store", "take_lease", "upsert"]
