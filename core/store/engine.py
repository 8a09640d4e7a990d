"""Transactions on the store, and its errors as ours."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError, SQLAlchemyError

from core.errors import ConfigError, StoreUnavailable

_UNDEFINED = ("42P01", "42703")
"""PostgreSQL's SQLSTATE of an undefined table or column."""


class Store:
    """A database. `write()` is a transaction (SQLite: BEGIN IMMEDIATE), `read()` a snapshot to query."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in one transaction, committed at the end of the block, rolled back on an exception.

        Raises StoreUnavailable (locked, read-only, full, gone) or ConfigError (not a database, other tables).
        """
        with _translated(self.engine), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            transaction = connection.get_transaction() or connection.begin()
            with transaction:
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection for queries; changes made on it are rolled back. Raises as `write` does."""
        with _translated(self.engine), self.engine.connect() as connection:
            if self.is_sqlite:
                # Without it every statement is a transaction of its own, and sees another state.
                connection.exec_driver_sql("BEGIN")
            yield connection
            connection.rollback()

    def now_ms(self, connection: Connection) -> int:
        """Return the database's clock in milliseconds since the epoch: the one that leases are compared with."""
        if self.is_sqlite:
            sql = "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
        else:
            sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
        return int(connection.execute(text(sql)).scalar_one())

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        where = f"store {engine.url.render_as_string()}"
        if _undefined(error.orig):
            raise ConfigError(
                f"{where}: it has no tables of this version of Newsquake, and opening it read-only creates none "
                "(newsquake up does, and migrates older ones)"
            ) from error
        if isinstance(error, OperationalError) or error.connection_invalidated:
            raise StoreUnavailable(f"{where}: {_describe(error, engine)}") from error
        if type(error) is DatabaseError:  # SQLite: not a database, or malformed; waiting does not help
            raise ConfigError(f"{where}: {_describe(error, engine)}") from error
        raise


def _undefined(error: BaseException | None) -> bool:
    """Whether a table or a column does not exist: the store was opened read-only, so it was not migrated."""
    if isinstance(error, sqlite3.OperationalError):  # SQLite has one code for all errors in a statement
        return error.sqlite_errorcode == sqlite3.SQLITE_ERROR and str(error).startswith("no such ")
    return getattr(error, "sqlstate", "") in _UNDEFINED


def _describe(error: SQLAlchemyError, engine: Engine) -> str:
    """The driver's message on one line; for a file that SQLite may not write, which path that is."""
    original = getattr(error, "orig", None)
    if isinstance(original, sqlite3.Error):
        code = original.sqlite_errorcode & 0xFF  # the primary code
        file = Path(engine.url.database or "")
        place = file if file.exists() else file.parent
        writable = os.access(place, os.W_OK) and os.access(file.parent, os.W_OK)
        if code == sqlite3.SQLITE_READONLY or (code == sqlite3.SQLITE_CANTOPEN and not writable):
            return f"{place} is read-only: make it and its folder writable for this user, or configure another store"
    return " ".join(str(original or error).split())
