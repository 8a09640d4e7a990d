"""PostgreSQL: NEWSQUAKE_TEST_POSTGRES (a URL that may create databases), else a private cluster from the system's
binaries. Every test gets a fresh database."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from core.settings import StoreSettings
from core.store import open_store
from tests.support.brokers import kafka_script, unavailable


def binaries() -> Path | None:
    """The folder with initdb and postgres, the newest if there are several."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path and shutil.which("postgres") else None


def unprivileged() -> dict[str, Any]:
    """What subprocess is told so that PostgreSQL, which refuses root, starts."""
    if os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return {}


class Cluster:
    """A private cluster in a folder of its own; forgets its safety for speed (fsync off)."""

    def __init__(self, folder: Path, binary_folder: Path) -> None:
        self.folder, self._binaries = folder, binary_folder
        self.port: int = kafka_script().free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._who = unprivileged()

    @property
    def url(self) -> str:
        """The URL of its administration database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        """initdb."""
        if self._who:
            os.chown(self.folder, self._who["user"], self._who["group"])
        command = [
            str(self._binaries / "initdb"),
            "-D",
            str(self.folder / "data"),
            "-A",
            "trust",
            "-U",
            "postgres",
        ]
        command += ["--no-sync", "-E", "UTF8", "--locale=C"]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **self._who)

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = [
            str(self._binaries / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port),
            "-k", str(self.folder), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off",
            "-c", "max_connections=60", "-c", "shared_buffers=32MB",
        ]  # fmt: skip
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd=self.folder, start_new_session=True, **self._who,
        )  # fmt: skip
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "PostgreSQL did not start within 30 s"
                assert self._process.poll() is None, "PostgreSQL ended at once"
                time.sleep(0.1)

    def stop(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.send_signal(3)  # SIGQUIT: immediate shutdown
            self._process.wait(20)
            self._process = None


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    """The URL of a PostgreSQL in which databases may be created."""
    if named := os.environ.get("NEWSQUAKE_TEST_POSTGRES"):
        yield named.replace("postgresql+psycopg://", "postgresql://", 1)
        return
    folder = binaries()
    if folder is None:
        unavailable("PostgreSQL: no binaries (apt install postgresql) and no NEWSQUAKE_TEST_POSTGRES")
        return
    place = Path(tempfile.mkdtemp(prefix="newsquake-pg-"))
    cluster = Cluster(place, folder)
    try:
        cluster.create()
        cluster.start()
        yield cluster.url
    finally:
        cluster.stop()
        shutil.rmtree(place, ignore_errors=True)


def create_database(cluster: str, template: str = "template1") -> str:
    """Create a database as a copy of `template`; returns its URL."""
    name = f"nq_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return make_url(cluster).set(database=name).render_as_string(hide_password=False)


def drop_database(cluster: str, url: str) -> None:
    """Drop the database of `url`, whoever is still connected to it."""
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')


@pytest.fixture
def postgres(postgres_cluster: str) -> Iterator[str]:
    """The URL of an empty database, dropped after the test."""
    url = create_database(postgres_cluster)
    yield url
    drop_database(postgres_cluster, url)


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: str) -> Iterator[str]:
    """The name of a migrated database without rows: copying it is faster than migrating again."""
    url = create_database(postgres_cluster)
    open_store(StoreSettings(url=url)).close()
    yield str(make_url(url).database)
    drop_database(postgres_cluster, url)


@pytest.fixture
def migrated_postgres(postgres_cluster: str, postgres_template: str) -> Iterator[str]:
    """The URL of a migrated database without rows, dropped after the test."""
    url = create_database(postgres_cluster, postgres_template)
    yield url
    drop_database(postgres_cluster, url)
