"""Opening the store: SQLAlchemy engines for SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.pool import QueuePool, SingletonThreadPool

from core.errors import ConfigError
from core.settings import StoreSettings
from core.store.engine import Store
from core.store.migrate import migrate as migrate_store


def open_store(
    settings: StoreSettings, *, migrate: bool = True, read_only: bool = False, create: bool = True
) -> Store:
    """Open a store and, unless `read_only`, migrate its tables to this version (under a lock).

    `create`: whether to create an SQLite file that does not exist. Raises ConfigError (no such file, not a database,
    written by a newer version) or StoreUnavailable.
    """
    url = make_url(settings.url)
    if url.get_backend_name() == "sqlite":
        engine = _sqlite(url.database or "", settings, read_only, create and not read_only)
    else:
        engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    store = Store(engine)
    if migrate and not read_only:
        migrate_store(store)
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
        # In WAL mode readers need files beside the store, which cannot be created here (an archive, a backup mounted
        # read-only). With an empty write-ahead log nobody is writing, and the file alone is the whole store.
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
        # The driver starts no transactions of its own: ours begin IMMEDIATE, or a reader that writes would deadlock.
        connection.isolation_level = None
        if not read_only:
            connection.execute("PRAGMA journal_mode=WAL")
        # FULL: an alert that was committed survives a power cut.
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA busy_timeout={round(settings.busy_timeout_s * 1000)}")

    return engine
