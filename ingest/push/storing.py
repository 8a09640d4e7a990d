"""Pushed articles into the store, where they wait for the ingest process."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from core.records import Article
from core.store import Store, insert_absent
from core.tables import cursors, origins, pending
from ingest.items.pending import pending_row

_CHUNK = 500


def store_articles(store: Store, articles: list[Article], now: int) -> set[str]:
    """Put what is new into `pending` and count it as read, in one transaction; returns the origins that are new.

    Raises StoreUnavailable; then nothing was stored.
    """
    unique = {article.origin: article for article in articles}
    if not unique:
        return set()
    with store.write() as connection:
        new: set[str] = set()
        for origin, article in unique.items():
            if insert_absent(connection, pending, [pending_row(article)]):
                new.add(origin)
        # Looked up behind the insert: a row settled and pruned in between is seen here.
        for start in range(0, len(names := sorted(new)), _CHUNK):
            chunk = names[start : start + _CHUNK]
            settled = (
                connection.execute(select(origins.c.origin).where(origins.c.origin.in_(chunk)))
                .scalars()
                .all()
            )
            for origin in settled:
                connection.execute(pending.delete().where(pending.c.origin == origin))
                new.discard(origin)
        per_source: dict[str, int] = {}
        for origin in new:
            per_source[unique[origin].source] = per_source.get(unique[origin].source, 0) + 1
        for source, number in per_source.items():
            key = f"push:{source}"
            first: dict[str, Any] = {
                "source": key,
                "state": "{}",
                "read": 0,
                "done": False,
                "updated_at": now,
            }
            insert_absent(connection, cursors, [first])
            connection.execute(
                update(cursors)
                .where(cursors.c.source == key)
                .values(read=cursors.c.read + number, updated_at=now)
            )
    return new
