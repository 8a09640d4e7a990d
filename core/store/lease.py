"""The lease: one process per desk decides, and whoever lost it can write nothing any more.

It times out by the database's clock. The holder renews it inside every transaction it makes (and when idle); the
taker raises the epoch, so the old holder's next transaction finds no row to renew and rolls back: Fenced.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from core.errors import Fenced
from core.store.engine import Store
from core.store.inserts import insert_absent
from core.tables import leases


@dataclass(frozen=True)
class Lease:
    """We hold `desk` as `holder`, in `epoch`."""

    desk: str
    holder: str
    epoch: int

    def renew(self, store: Store, connection: Connection) -> None:
        """Renew inside the caller's transaction. Raises Fenced when somebody else took it."""
        changed = connection.execute(
            update(leases)
            .where(leases.c.desk == self.desk, leases.c.epoch == self.epoch)
            .values(renewed_at=store.now_ms(connection))
        ).rowcount
        if changed != 1:
            raise Fenced(f"desk {self.desk!r}: another process holds the lease (we held epoch {self.epoch})")

    def release(self, store: Store, connection: Connection) -> None:
        """Let a stand-by take over at once."""
        connection.execute(
            update(leases)
            .where(leases.c.desk == self.desk, leases.c.epoch == self.epoch)
            .values(renewed_at=0)
        )


def take_lease(store: Store, desk: str, holder: str, timeout_ms: int) -> Lease | None:
    """Take the desk's lease if it is free, timed out, or was this holder's; else None. State is loaded after this."""
    with store.write() as connection:
        now = store.now_ms(connection)
        insert_absent(connection, leases, [{"desk": desk, "epoch": 0, "holder": "", "renewed_at": 0}])
        row = connection.execute(select(leases).where(leases.c.desk == desk).with_for_update()).one()
        if row.renewed_at + timeout_ms > now and row.holder not in ("", holder):
            return None
        connection.execute(
            update(leases)
            .where(leases.c.desk == desk)
            .values(epoch=row.epoch + 1, holder=holder, renewed_at=now)
        )
    return Lease(desk, holder, row.epoch + 1)
