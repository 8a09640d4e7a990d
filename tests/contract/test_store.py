"""One suite for both databases: what core/store promises."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, inspect, select, text, update

from core.errors import ConfigError, Fenced, StoreUnavailable
from core.settings import StoreSettings
from core.store import Store, insert_absent, open_store, take_lease, upsert
from core.tables import articles, leases, metadata, origins, stages
from tests.support.waiting import wait_until


def origin(number: int, kind: str = "article") -> dict[str, Any]:
    return {"origin": f"f:{number}", "kind": kind, "source": "s"}


def count(store: Store, table: Any = origins) -> int:
    with store.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


# -- the two inserts


def test_insert_absent_counts_only_what_was_new(store: Store) -> None:
    with store.write() as connection:
        assert insert_absent(connection, origins, [origin(n) for n in range(10)]) == 10
        assert insert_absent(connection, origins, [origin(n, "dead") for n in range(5, 15)]) == 5
    with store.read() as connection:
        kinds = dict(connection.execute(select(origins.c.origin, origins.c.kind)).tuples().all())
    assert kinds["f:7"] == "article"  # the first stays
    assert kinds["f:12"] == "dead"


def test_insert_absent_counts_a_repeat_within_one_call_once(store: Store) -> None:
    with store.write() as connection:
        assert insert_absent(connection, origins, [origin(1), origin(1, "dead"), origin(2)]) == 2


def test_insert_absent_takes_many_rows_and_none(store: Store) -> None:
    with store.write() as connection:
        assert insert_absent(connection, origins, []) == 0
        assert insert_absent(connection, origins, [origin(n) for n in range(2_345)]) == 2_345
    assert count(store) == 2_345


def test_upsert_overwrites_what_is_there(store: Store) -> None:
    def row(status: str) -> dict[str, Any]:
        return {"stage": "ingest", "instance": "i", "status": status, "counters": "{}", "updated_at": 1}

    with store.write() as connection:
        upsert(connection, stages, [row("running")])
        upsert(connection, stages, [row("draining"), {**row("running"), "instance": "j"}])
    with store.read() as connection:
        found = connection.execute(select(stages.c.instance, stages.c.status)).tuples()
        assert sorted(found) == [("i", "draining"), ("j", "running")]


def test_chinese_emoji_and_control_characters_come_back_as_they_were(store: Store) -> None:
    body = "平安银行\U0001f600 \x01 'quoted' \\ %s"
    row = {
        "id": "a", "revision": "r", "origin": "o", "source": "s", "body": body,
        "published_at": -1, "first_seen_at": 2**53, "available_at": 0,
    }  # fmt: skip
    with store.write() as connection:
        insert_absent(connection, articles, [row])
    with store.read() as connection:
        found = connection.execute(select(articles)).one()
    assert (found.body, found.published_at, found.first_seen_at) == (body, -1, 2**53)


# -- transactions


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError, match="in the middle"), store.write() as connection:
        insert_absent(connection, origins, [origin(1)])
        raise RuntimeError("in the middle")
    assert count(store) == 0


def test_what_is_changed_while_reading_is_rolled_back(store: Store) -> None:
    with store.read() as connection:
        connection.execute(insert(origins).values(**origin(1), article_id="", revision="", reason=""))
    assert count(store) == 0


def test_a_writer_waits_for_another_and_none_is_lost(store: Store, store_url: str) -> None:
    def write(first: int) -> None:
        own = open_store(StoreSettings(url=store_url))
        for number in range(first, first + 20):
            with own.write() as connection:
                insert_absent(connection, origins, [origin(number)])
        own.close()

    threads = [threading.Thread(target=write, args=(100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(store) == 80


def test_a_reader_does_not_see_what_is_not_committed(store: Store, store_url: str) -> None:
    other = open_store(StoreSettings(url=store_url))
    with store.write() as connection:
        insert_absent(connection, origins, [origin(1)])
        assert count(other) == 0
    assert count(other) == 1
    other.close()


def test_the_databases_clock_moves_and_is_about_now(store: Store) -> None:
    import time

    with store.read() as connection:
        first = store.now_ms(connection)
        wait_until(lambda: store.now_ms(connection) > first, "the clock stands still")
        second = store.now_ms(connection)
    assert 0 < second - first < 5_000
    assert abs(first - time.time() * 1000) < 60_000


# -- the lease


def test_a_lease_is_taken_once_and_renewed(store: Store) -> None:
    lease = take_lease(store, "main", "a", 10_000)
    assert lease
    assert lease.epoch == 1
    assert take_lease(store, "main", "b", 10_000) is None
    with store.write() as connection:
        lease.renew(store, connection)
    assert take_lease(store, "other", "b", 10_000) is not None  # desks do not disturb one another


def test_the_same_holder_takes_its_own_lease_again_in_a_new_epoch(store: Store) -> None:
    first = take_lease(store, "main", "a", 10_000)
    second = take_lease(store, "main", "a", 10_000)
    assert first and second
    assert second.epoch == first.epoch + 1


def test_a_timed_out_lease_is_taken_and_its_old_holder_is_fenced(store: Store) -> None:
    old = take_lease(store, "main", "a", 10_000)
    assert old
    with store.write() as connection:
        connection.execute(update(leases).values(renewed_at=leases.c.renewed_at - 10_001))
    new = take_lease(store, "main", "b", 10_000)
    assert new
    assert new.epoch == old.epoch + 1
    with pytest.raises(Fenced, match="main"), store.write() as connection:
        old.renew(store, connection)
        insert_absent(connection, origins, [origin(1)])
    assert count(store) == 0
    with store.write() as connection:
        new.renew(store, connection)


def test_what_a_fenced_holder_wrote_in_the_transaction_is_gone(store: Store) -> None:
    old = take_lease(store, "main", "a", 0)
    assert old and take_lease(store, "main", "b", 0)
    with pytest.raises(Fenced), store.write() as connection:
        insert_absent(connection, origins, [origin(1)])
        old.renew(store, connection)
    assert count(store) == 0


def test_a_released_lease_is_free_at_once(store: Store) -> None:
    lease = take_lease(store, "main", "a", 10_000)
    assert lease
    with store.write() as connection:
        lease.release(store, connection)
    assert take_lease(store, "main", "b", 10_000) is not None


def test_of_many_that_want_the_lease_one_gets_it(store: Store, store_url: str) -> None:
    won: list[str] = []

    def want(name: str) -> None:
        own = open_store(StoreSettings(url=store_url))
        if take_lease(own, "main", name, 60_000):
            won.append(name)
        own.close()

    threads = [threading.Thread(target=want, args=(f"h{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


# -- migrations


def test_every_table_and_column_is_there_after_migrating(store: Store) -> None:
    found = inspect(store.engine)
    assert set(metadata.tables) <= set(found.get_table_names())
    for name, table in metadata.tables.items():
        assert {column["name"] for column in found.get_columns(name)} == set(table.columns.keys()), name


def test_opening_again_changes_nothing(store: Store, store_url: str) -> None:
    with store.write() as connection:
        insert_absent(connection, origins, [origin(1)])
    again = open_store(StoreSettings(url=store_url))
    assert count(again) == 1
    again.close()


def _open(url: str, barrier: Any, results: Any) -> None:
    barrier.wait()
    try:
        open_store(StoreSettings(url=url)).close()
    except Exception as error:  # noqa: BLE001
        results.put(f"{type(error).__name__}: {error}")
    else:
        results.put("")


def test_several_processes_may_start_at_once_on_an_empty_store(store_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(4), context.Queue()
    starters = [context.Process(target=_open, args=(store_url, barrier, results)) for _ in range(4)]
    for starter in starters:
        starter.start()
    assert [results.get(timeout=90) for _ in starters] == [""] * 4
    for starter in starters:
        starter.join()
    store = open_store(StoreSettings(url=store_url))
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1
    store.close()


def test_a_store_from_the_future_is_refused_in_words(store: Store, store_url: str) -> None:
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match=r"newer Newsquake.*9999"):
        open_store(StoreSettings(url=store_url))


# -- what goes wrong outside


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("this is no database, it is a letter to my aunt " * 50)
    with pytest.raises((StoreUnavailable, ConfigError), match=r"notes\.txt"):
        open_store(StoreSettings(url=f"sqlite:///{file}"))
    assert file.read_text().startswith("this is no database")


def test_reading_only_needs_a_store_that_is_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        open_store(StoreSettings(url=f"sqlite:///{tmp_path / 'none.db'}"), read_only=True)
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("name", ["a b.db", "100% b.db", "a#b.db", "报价.db"])
def test_a_stores_file_may_be_called_what_an_address_may_not(tmp_path: Path, name: str) -> None:
    settings = StoreSettings(url=f"sqlite:///{tmp_path / name}")
    made = open_store(settings)
    with made.write() as connection:
        insert_absent(connection, origins, [origin(1)])
    made.close()
    assert (tmp_path / name).exists()
    reader = open_store(settings, read_only=True)
    assert count(reader) == 1
    reader.close()


def test_a_store_in_a_place_that_takes_no_writing_can_be_looked_at(tmp_path: Path) -> None:
    place = tmp_path / "archive"
    made = open_store(StoreSettings(url=f"sqlite:///{place}/store.db"))
    with made.write() as connection:
        insert_absent(connection, origins, [origin(1)])
    made.close()
    code = (
        "import os, sys, sqlalchemy.dialects.sqlite.pysqlite\n"
        "from core.store import open_store; from core.settings import StoreSettings; from sqlalchemy import text\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "store = open_store(StoreSettings(url=sys.argv[1]), read_only=True)\n"
        "with store.read() as c: print(c.execute(text('SELECT count(*) FROM origins')).scalar_one())"
    )
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody who may not write here")
    for folder in [place, *[one for one in place.parents if one != Path("/")]][:5]:
        folder.chmod(0o755)
    assert sorted(one.name for one in place.iterdir()) == ["store.db"]
    done = subprocess.run(
        [sys.executable, "-c", code, f"sqlite:///{place}/store.db"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "1\n", done.stderr


def test_a_database_without_our_tables_is_told_when_looked_at(empty_url: str) -> None:
    reader = open_store(StoreSettings(url=empty_url), read_only=True)
    with pytest.raises(ConfigError, match="has no tables of this version"):
        count(reader)
    reader.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres")
        return url
    (tmp_path / "store.db").touch()
    return f"sqlite:///{tmp_path / 'store.db'}"


def test_a_store_opened_for_reading_takes_no_change(sqlite_store: Store, tmp_path: Path) -> None:
    reader = open_store(StoreSettings(url=f"sqlite:///{tmp_path / 'store.db'}"), read_only=True)
    assert count(reader) == 0
    with pytest.raises(StoreUnavailable, match="read-only"), reader.write() as connection:
        insert_absent(connection, origins, [origin(1)])
    reader.close()


def test_a_locked_store_says_so_after_the_busy_timeout(sqlite_store: Store, tmp_path: Path) -> None:
    blocker = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    other = open_store(StoreSettings(url=f"sqlite:///{tmp_path / 'store.db'}", busy_timeout_s=0.1))
    with pytest.raises(StoreUnavailable, match="locked"), other.write():
        pass
    blocker.execute("ROLLBACK")
    with other.write() as connection:
        insert_absent(connection, origins, [origin(1)])
    other.close()


def test_a_full_store_says_so_and_lives_on_when_there_is_room_again(sqlite_store: Store) -> None:
    sizes = {}

    def limit(pages: Callable[[int], int]) -> None:
        with sqlite_store.read() as connection:
            sizes["now"] = connection.execute(text("PRAGMA page_count")).scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages(sizes['now'])}")

    limit(lambda now: now)
    with pytest.raises(StoreUnavailable, match="full"), sqlite_store.write() as connection:
        insert_absent(connection, origins, [origin(n) for n in range(20_000)])
    assert count(sqlite_store) == 0
    limit(lambda now: now + 10_000)
    with sqlite_store.write() as connection:
        assert insert_absent(connection, origins, [origin(n) for n in range(2_000)]) == 2_000


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"store folder .*file"):
        open_store(StoreSettings(url=f"sqlite:///{tmp_path / 'file' / 'store.db'}"))


@pytest.mark.postgres
def test_a_database_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(StoreUnavailable) as caught:
        open_store(StoreSettings(url="postgresql://u:secret@127.0.0.1:9/none"))
    assert "127.0.0.1:9" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.postgres
def test_a_connection_that_was_cut_is_unavailable_and_the_next_works(postgres: str) -> None:
    import psycopg

    store = open_store(StoreSettings(url=postgres))
    assert store.engine.url.password in (None, "")
    with pytest.raises(StoreUnavailable), store.write() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with psycopg.connect(postgres, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [pid])
        insert_absent(connection, origins, [origin(1)])
    with store.write() as connection:
        assert insert_absent(connection, origins, [origin(1)]) == 1
    store.close()


def test_an_unknown_kind_of_store_is_refused_with_what_was_expected() -> None:
    with pytest.raises(ValueError, match=r"sqlite:///FILE or postgresql://"):
        StoreSettings(url="mysql://x/y")


def test_the_sqlite_file_survives_a_killed_writer(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = open_store(StoreSettings(url=url))
    pid = os.fork()
    if pid == 0:  # the child dies in the middle of a transaction
        own = open_store(StoreSettings(url=url))
        with own.write() as connection:
            insert_absent(connection, origins, [origin(n) for n in range(1_000)])
            os._exit(137)
    os.waitpid(pid, 0)
    assert count(store) == 0
    with store.write() as connection:
        assert insert_absent(connection, origins, [origin(1)]) == 1
    store.close()
