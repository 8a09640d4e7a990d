"""Opening the store, transactions, and the two inserts everything idempotent rests on."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import QueuePool, SingletonThreadPool

from core.errors import ConfigError, StoreUnavailable
from core.settings import StoreSettings

_BATCH = 500
"""Rows a statement: SQLite binds at most 32,766 values, our widest table has 17 columns."""


class Store:
    """A database. `write()` is a transaction (SQLite: BEGIN IMMEDIATE), `read()` a read-only look."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it or nothing. Raises StoreUnavailable (locked, read-only, full, gone)."""
        with _translated(self.engine), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            with connection.begin() if not connection.in_transaction() else connection.get_transaction():  # type: ignore[union-attr]
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for looking; whatever was changed on it is rolled back."""
        with _translated(self.engine), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql(
                    "BEGIN"
                )  # else every statement commits, and sees a state of its own
            yield connection
            connection.rollback()

    def now_ms(self, connection: Connection) -> int:
        """The database's clock in milliseconds: the one that leases go by."""
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
    except OperationalError as error:
        if "no such table" in str(error.orig) or "no such column" in str(error.orig):
            raise _not_ours(engine) from error
        raise StoreUnavailable(f"store {engine.url.render_as_string()}: {_short(error, engine)}") from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") in (
            "42P01",
            "42703",
        ):  # PostgreSQL: undefined table, undefined column
            raise _not_ours(engine) from error
        if error.connection_invalidated:
            raise StoreUnavailable(
                f"store {engine.url.render_as_string()}: {_short(error, engine)}"
            ) from error
        if type(error) is DatabaseError:  # SQLite: not a database, or malformed; nothing to wait for
            raise ConfigError(f"store {engine.url.render_as_string()}: {_short(error, engine)}") from error
        raise


def _not_ours(engine: Engine) -> ConfigError:
    """A store that was opened for reading alone, so that nothing brought its tables up to date."""
    return ConfigError(
        f"store {engine.url.render_as_string()}: it holds no tables of this version of Newsquake, and looking "
        "makes none (newsquake up does, and brings older ones up to date)"
    )


def _short(error: SQLAlchemyError, engine: Engine) -> str:
    """The driver's words on one line; SQLite says of a file it may not write only that it cannot open it."""
    words = " ".join(str(getattr(error, "orig", None) or error).split())
    file = Path(engine.url.database or "")
    if engine.dialect.name == "sqlite" and ("unable to open" in words or "readonly" in words):
        place = file if file.exists() else file.parent
        if not os.access(place, os.W_OK) or not os.access(file.parent, os.W_OK) or "readonly" in words:
            return (
                f"{place} is read-only: make it and its folder writable for this user, or name another store"
            )
    return words


def insert_absent(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows whose primary key is not there yet; returns how many were new."""
    counting = {"preserve_rowcount": True}  # without it SQLAlchemy tells no count of an INSERT
    return sum(
        connection.execute(
            _insert(connection, table).values(chunk).on_conflict_do_nothing(), execution_options=counting
        ).rowcount
        for chunk in _chunks(table, rows)
    )


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows, or overwrite those whose primary key is there. All rows have the same columns."""
    keys = [column.name for column in table.primary_key]
    for chunk in _chunks(table, rows):
        statement = _insert(connection, table).values(chunk)
        changed = {name: statement.excluded[name] for name in chunk[0] if name not in keys}
        if changed:
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))
        else:
            connection.execute(statement.on_conflict_do_nothing())


def _insert(connection: Connection, table: Table) -> Any:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def _chunks(table: Table, rows: Sequence[Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), _BATCH):
        yield [dict(row) for row in rows[start : start + _BATCH]]


def open_store(
    settings: StoreSettings, *, migrate: bool = True, read_only: bool = False, create: bool = True
) -> Store:
    """Open, and bring the tables up to date (under a lock). Raises ConfigError or StoreUnavailable.

    `create`: whether a file of SQLite's that is not there is made.
    """
    url = make_url(settings.url)
    if url.get_backend_name() == "sqlite":
        engine = _sqlite(url.database or "", settings, read_only, create and not read_only)
    else:
        engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    store = Store(engine)
    if migrate and not read_only:
        from core.store.migrate import migrate as bring_up_to_date

        with _translated(engine):
            bring_up_to_date(store)
    else:
        with store.read() as connection:
            connection.execute(text("SELECT 1"))
    return store


def _connect(uri: str, settings: StoreSettings, read_only: bool) -> sqlite3.Connection:
    def connected(options: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{uri}?{options}" if uri else ":memory:",
            uri=True,
            timeout=settings.busy_timeout_s,
            check_same_thread=False,
        )

    if not read_only or not uri:
        return connected("mode=rwc")
    connection = connected("mode=ro")
    try:
        connection.execute("SELECT 1 FROM sqlite_master")
    except sqlite3.OperationalError:
        # A write-ahead log asks even readers for files beside the store, which this place does not take (an archive, a
        # backup mounted read-only). With nothing in that log nobody is writing: the file is all there is.
        connection.close()
        log = Path(unquote(urlsplit(uri).path) + "-wal")
        if log.exists() and log.stat().st_size:
            raise
        return connected("mode=ro&immutable=1")
    return connection


def _sqlite(file: str, settings: StoreSettings, read_only: bool, create: bool) -> Engine:
    path = Path(file)
    in_memory = not file or file == ":memory:"
    if create and not in_memory:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"store folder {path.parent}: {error.strerror}") from error
    if not create and not path.exists():
        raise ConfigError(f"store {path}: no such file (start with: newsquake up)")
    engine = create_engine(
        "sqlite://",
        # Not the default for "sqlite://": that one closes connections that other threads are using.
        poolclass=SingletonThreadPool if in_memory else QueuePool,
        creator=lambda: _connect("" if in_memory else path.resolve().as_uri(), settings, read_only),
    )
    engine.url = make_url(settings.url)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = (
            None  # we say BEGIN ourselves: IMMEDIATE, or a reader that writes deadlocks
        )
        if not read_only:
            connection.execute("PRAGMA journal_mode=WAL")
        # FULL: an alert that was committed survives a power cut.
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA busy_timeout={round(settings.busy_timeout_s * 1000)}")

    return engine
