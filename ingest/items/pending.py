"""Articles that wait in the store: pushed or replayed ones, and what a memory-only broker may lose.

The table `pending` holds them until they are sent (on a broker that keeps its log) or settled (on one that does not:
they are sent again into a new, empty log).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import delete, select

from core.records import Article, encode
from core.store import Store
from core.tables import origins, pending

_CHUNK = 500


@dataclass(frozen=True)
class Waiting:
    """Origins of the articles that wait."""

    unsent: list[str]
    settled: list[str]
    """Somebody stored the article, or it is dead: it need not wait any more."""


class PendingArticles:
    """The table `pending`, and what the present broker has acknowledged of it. Used by one thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._acknowledged: set[str] = set()

    def waiting(self) -> Waiting:
        """Return the origins of the rows of the table, unsent and settled ones. Raises StoreUnavailable.

        Those acknowledged by the present broker and not settled are in neither list.
        """
        with self._store.read() as connection:
            rows = connection.execute(
                select(pending.c.origin, origins.c.kind).select_from(
                    pending.outerjoin(origins, origins.c.origin == pending.c.origin)
                )
            ).all()
        settled = [row.origin for row in rows if row.kind is not None]
        unsent = [row.origin for row in rows if row.kind is None and row.origin not in self._acknowledged]
        return Waiting(unsent, settled)

    def articles(self, names: Sequence[str]) -> Iterator[Article]:
        """Yield the articles of those of these origins that are in the table, a few hundred in memory at a time.

        Raises StoreUnavailable.
        """
        for start in range(0, len(names), _CHUNK):
            with self._store.read() as connection:
                rows = connection.execute(
                    select(pending.c.article).where(pending.c.origin.in_(names[start : start + _CHUNK]))
                ).scalars()
                articles = [msgspec.json.decode(row, type=Article) for row in rows]
            yield from articles

    def acknowledged(self, names: Iterable[str]) -> None:
        """Remember that the broker acknowledged these origins: `waiting` no longer lists them as unsent."""
        self._acknowledged.update(names)

    def forget_acknowledged(self) -> None:
        """Forget all acknowledgements, as the broker lost its log: `waiting` lists those articles as unsent again."""
        self._acknowledged.clear()

    def delete(self, names: Sequence[str]) -> None:
        """Delete the rows of these origins. Raises StoreUnavailable."""
        if not names:
            return
        with self._store.write() as connection:
            for start in range(0, len(names), _CHUNK):
                connection.execute(delete(pending).where(pending.c.origin.in_(names[start : start + _CHUNK])))
        self._acknowledged.difference_update(names)


def pending_row(article: Article) -> dict[str, object]:
    """Return an article's row of the table, by column name."""
    return {"origin": article.origin, "source": article.source, "article": encode(article)}
