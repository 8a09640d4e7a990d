"""The audit chain: what was written cannot be changed unseen, and is verified with nothing but the export."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.handling import audit
from core.store import Store


def write(store: Store, number: int, desk: str = "main") -> None:
    with store.write() as connection:
        for at in range(number):
            audit.append(
                connection, at=at, desk=desk, actor="anna", action="alert.acknowledge", subject=f"a{at}",
                detail={"reason": f"原因 {at}"},
            )  # fmt: skip


def chain(store: Store) -> list[audit.AuditEntry]:
    with store.read() as connection:
        return list(audit.entries(connection))


def test_a_chain_is_verified_on_either_database(store: Store) -> None:
    write(store, 5)
    found = audit.verify(chain(store))
    assert (found.entries, found.fault) == (5, "")


def test_an_empty_log_is_right(sqlite_store: Store) -> None:
    assert audit.verify(chain(sqlite_store)) == audit.ChainVerification(0, audit.GENESIS)


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> list[audit.AuditEntry]:
    from core.settings import StoreSettings
    from core.store import open_store

    opened = open_store(StoreSettings(url=f"sqlite:///{tmp_path_factory.mktemp('audit') / 'store.db'}"))
    write(opened, 12)
    found = chain(opened)
    opened.close()
    return found


@given(
    place=st.integers(0, 11), field=st.sampled_from(["at", "actor", "action", "subject", "detail", "desk"])
)
def test_whoever_changes_an_entry_is_found(links: list[audit.AuditEntry], place: int, field: str) -> None:
    changed = list(links)
    value = getattr(changed[place], field)
    changed[place] = msgspec.structs.replace(
        changed[place], **{field: value + 1 if field == "at" else value + "x"}
    )
    found = audit.verify(changed)
    assert found.entries == place and f"entry {links[place].seq}" in found.fault


@given(place=st.integers(0, 10))
def test_whoever_drops_or_swaps_an_entry_is_found(links: list[audit.AuditEntry], place: int) -> None:
    assert audit.verify(links[:place] + links[place + 1 :]).fault
    swapped = [*links[:place], links[place + 1], links[place], *links[place + 2 :]]
    assert audit.verify(swapped).fault


def test_whoever_cuts_off_the_end_is_found_by_an_anchor(links: list[audit.AuditEntry]) -> None:
    whole = audit.verify(links)
    anchor = (whole.entries, whole.last_hash)
    assert audit.verify(links[:-1]).fault == ""
    assert "cut off" in audit.verify(links[:-1], anchor).fault
    assert audit.verify(links, anchor).fault == ""


def test_whoever_writes_all_of_it_anew_is_found_by_an_anchor(
    sqlite_store: Store, links: list[audit.AuditEntry]
) -> None:
    write(sqlite_store, 20, desk="other")
    forged = chain(sqlite_store)
    assert audit.verify(forged).fault == ""
    assert "differs from the anchor" in audit.verify(forged, (12, links[-1].hash)).fault


def test_an_entry_is_part_of_the_deeds_transaction(sqlite_store: Store) -> None:
    class Boom(Exception):
        pass

    with pytest.raises(Boom), sqlite_store.write() as connection:
        audit.append(connection, at=1, desk="main", actor="a", action="b", subject="c")
        raise Boom
    assert chain(sqlite_store) == []


def test_parts_of_an_entry_cannot_run_together() -> None:
    one = audit.entry_hash("0", 1, "main", "anna", "ack", "x", "{}")
    assert one != audit.entry_hash("0", 1, "main", "annaa", "ck", "x", "{}")
