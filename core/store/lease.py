"""The lease: one process per desk decides, and a process that lost it can no longer write.

It expires by the database's clock. The holder renews it inside each of its transactions (and when idle); whoever takes
it over raises the epoch, so the old holder's next transaction finds no row to renew and rolls back: Fenced.
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
    """This process holds `desk` as `holder` in `epoch`."""

    desk: str
    holder: str
    epoch: int

    def renew(self, store: Store, connection: Connection) -> None:
        """Renew within the caller's transaction. Raises Fenced where another process has taken the lease."""
        changed = connection.execute(
            update(leases)
            .where(leases.c.desk == self.desk, leases.c.epoch == self.epoch)
            .values(renewed_at=store.now_ms(connection))
        ).rowcount
        if changed != 1:
            raise Fenced(f"desk {self.desk!r}: another process holds the lease (we held epoch {self.epoch})")

    def release(self, store: Store, connection: Connection) -> None:
        """Expire the lease now, so that a standby can take over at once."""
        connection.execute(
            update(leases)
            .where(leases.c.desk == self.desk, leases.c.epoch == self.epoch)
            .values(renewed_at=0)
        )


def take_lease(store: Store, desk: str, holder: str, timeout_ms: int) -> Lease | None:
    """Return the desk's lease if it is free, expired or already `holder`'s; else None. Load state only after this."""
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
