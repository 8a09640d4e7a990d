"""Migrations: what they make is what core/tables.py says, on both databases."""

from __future__ import annotations

import json
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Table, insert, select, text
from structlog.testing import capture_logs

import core.migrations
from core.settings import StoreSettings
from core.store import Store, open_store
from core.store.migrate import revisions
from core.tables import cursors, detector_state, fits, in_flight, metadata, outbox, rule_state


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


def test_a_store_of_an_earlier_release_is_upgraded_and_it_is_said_once(tmp_path: Path) -> None:
    settings = StoreSettings(url=f"sqlite:///{tmp_path / 'old.db'}")
    config = Config()
    config.set_main_option("script_location", str(Path(core.migrations.__file__).parent))

    def opened() -> list[str]:
        with capture_logs() as logs:
            open_store(settings).close()
        return [f"{one['before']} to {one['now']}" for one in logs if one["event"] == "store upgraded"]

    assert opened() == [], "a new store is none that was upgraded"
    store = open_store(settings)
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
    store.close()
    with store.read() as connection:
        head = revisions(connection)[1]
    assert opened() == [f"0004 to {head}"]
    assert opened() == []


def test_budgets_and_timers_of_an_older_store_get_a_table_of_their_own(store: Store) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(core.migrations.__file__).parent))
    old = [
        ("r@1", "topic:energy", b"d"),
        ("r@1", "", b"s"),
        ("r@1", "(budget)", b"b"),
        ("r@1", "(timers)", b"t"),
    ]
    old += [("r@2", "(timers)", b"u"), ("r@3", "all", b"e")]

    def rows(table: Table) -> list[tuple[object, ...]]:
        with store.read() as connection:
            return sorted(tuple(row) for row in connection.execute(select(table)))

    with store.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0006")
        states = [
            {"desk": "d", "rule": rule, "series": series, "state": state} for rule, series, state in old
        ]
        connection.execute(insert(detector_state), states)
        command.upgrade(config, "head")
    assert rows(detector_state) == [("d", *row) for row in sorted(old) if not row[1].startswith("(")]
    with store.read() as connection:
        kept = connection.execute(select(rule_state).order_by(rule_state.c.rule)).all()
    assert [tuple(row) for row in kept] == [("d", "r@1", b"b", b"t"), ("d", "r@2", None, b"u")]
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0006")
    assert rows(detector_state) == [("d", *row) for row in sorted(old)]


def test_origins_in_flight_of_an_older_store_get_a_table_of_their_own(store: Store) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(core.migrations.__file__).parent))
    old = {
        "hand:fed": '["s:2","s:1","s:2"]',
        "hand:a:b": '["s:1"]',
        "live:fed": '{"source":{}}',
        "handy": "{}",
    }

    def states() -> dict[str, object]:
        with store.read() as connection:
            found = connection.execute(select(cursors.c.source, cursors.c.state)).all()
        return {row.source: json.loads(row.state) for row in found}

    with store.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0008")
        values = [
            {"source": source, "state": state, "read": 0, "done": False, "updated_at": 1}
            for source, state in old.items()
        ]
        connection.execute(insert(cursors), values)
        command.upgrade(config, "head")
    with store.read() as connection:
        rows = {tuple(row) for row in connection.execute(select(in_flight))}
    assert rows == {("fed", "s:1"), ("fed", "s:2"), ("a:b", "s:1")}
    assert states().keys() == {"live:fed", "handy"}
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0008")
    assert states() == {
        "hand:fed": ["s:1", "s:2"], "hand:a:b": ["s:1"], "live:fed": {"source": {}}, "handy": {},
    }  # fmt: skip
    with store.write() as connection:  # leave the store as it was found
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def test_fits_of_an_older_store_say_what_they_rest_on(store: Store) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(core.migrations.__file__).parent))
    methods = {
        "parametric tail of 5 series: no history yet": "initial",
        "parametric tail: too little history": "little_history",
        "parametric tail, raised: 40 onsets above it in too little history": "raised",
        "proven by so few episodes: 2": "proven",
        "conservative tail; 15 peaks that tell of true alarms left out": "conservative",
        "every episode so far fits the budget": "within_budget",
        "peaks over threshold, declustered; 3 far beyond the conservative tail, 40% of the way": "peaks",
    }
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0009")
        rows = [
            {
                "desk": "d",
                "rule": "r@1",
                "in_force_from": at,
                "version": "v",
                "fit": json.dumps({"threshold": 2.5, "method": method}),
            }
            for at, method in enumerate(methods)
        ]
        connection.execute(
            text(
                "INSERT INTO fits (desk, rule, in_force_from, version, fit) "
                "VALUES (:desk, :rule, :in_force_from, :version, :fit)"
            ),
            rows,
        )
        command.upgrade(config, "head")
    with store.read() as connection:
        found = connection.execute(select(fits.c.fit, fits.c.basis).order_by(fits.c.in_force_from)).all()
    assert {json.loads(one.fit)["method"]: one.basis for one in found} == methods
    assert [one.fit for one in found] == [row["fit"] for row in rows]


def test_the_reason_of_a_withheld_notification_of_an_older_store_gets_a_column(store: Store) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(core.migrations.__file__).parent))
    errors = {"a": "silenced: sil_1 by ada (test)", "b": "digest: in msg_2", "c": "HTTP 500 from h", "d": ""}
    rows = [
        {"desk": "main", "id": name, "channel": "team", "alert_id": "x", "event": "firing", "payload": "{}",
         "status": "withheld", "attempts": 0, "not_before": 0, "created_at": 0, "error": error}
        for name, error in errors.items()
    ]  # fmt: skip
    with store.write() as connection:
        connection.execute(insert(outbox), rows)
        config.attributes["connection"] = connection
        command.downgrade(config, "0010")
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    with store.read() as connection:
        found = {row.id: (row.reason, row.error) for row in connection.execute(select(outbox))}
    assert found == {
        "a": ("silenced", errors["a"]), "b": ("digest", errors["b"]), "c": ("", errors["c"]), "d": ("", ""),
    }  # fmt: skip
