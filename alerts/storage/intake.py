"""Storing the articles of a batch of `news.scored`, before anything is decided.

Every origin ends as one row: `article` where the article row is its own, `duplicate` where (id, revision) was stored
under another origin. Articles and scores are shared by all desks; `seen` is this desk's, and drops repeats, whoever
caused them. All rows are inserted if absent, in the caller's transaction: a batch that is read twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select, tuple_

from core.origins import IngestOutcome
from core.records import ScoredArticle
from core.store.article_rows import article_row, score_row, scored_from_row
from core.store.bulk import batched, insert_absent_many
from core.tables import articles, origins, pending, scores, seen

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A revision of an article that is new to this desk."""

    scored: ScoredArticle
    other_revisions: bool
    """Whether the desk has seen another revision of the article."""
    counted_at: int | None
    """available_at (epoch ms) of the newest other revision that counted; None: none did."""


def store_batch(
    connection: Connection, desk: str, batch: Sequence[ScoredArticle], *, durable: bool
) -> list[NewRevision]:
    """Store the batch; return the revisions that are new to this desk, in the batch's order.

    With `durable` false (a memory-only broker) the batch's rows are deleted from `pending`. Raises StoreUnavailable.
    """
    if not batch:
        return []
    first: dict[Key, ScoredArticle] = {}
    for scored in batch:
        first.setdefault((scored.article.id, scored.article.revision), scored)
    insert_absent_many(connection, articles, [article_row(scored.article) for scored in first.values()])
    owners = _owners(connection, first)
    kinds = [
        {
            "origin": scored.article.origin,
            "kind": IngestOutcome.ARTICLE.value
            if owners[scored.article.id, scored.article.revision] == scored.article.origin
            else IngestOutcome.DUPLICATE.value,
            "source": scored.article.source[:200],
            "article_id": scored.article.id,
            "revision": scored.article.revision,
            "reason": "",
        }
        for scored in batch
    ]
    insert_absent_many(connection, origins, kinds)
    insert_absent_many(connection, scores, [score_row(scored) for scored in first.values()])
    if not durable:
        names = [scored.article.origin for scored in batch]
        for chunk in batched(names):
            connection.execute(delete(pending).where(pending.c.origin.in_(chunk)))
    return _new(connection, desk, first)


def _owners(connection: Connection, keys: Iterable[Key]) -> dict[Key, str]:
    found: dict[Key, str] = {}
    table = articles.c
    for chunk in batched({article for article, _ in keys}):
        rows = connection.execute(select(table.id, table.revision, table.origin).where(table.id.in_(chunk)))
        found |= {(row[0], row[1]): row[2] for row in rows}
    return found


def _new(connection: Connection, desk: str, first: dict[Key, ScoredArticle]) -> list[NewRevision]:
    known: dict[str, dict[str, tuple[int, str]]] = {}
    table = seen.c
    for chunk in batched({article for article, _ in first}):
        rows = connection.execute(
            select(table.id, table.revision, table.available_at, table.fate).where(
                table.desk == desk, table.id.in_(chunk)
            )
        )
        for article, revision, at, fate in rows:
            known.setdefault(article, {})[revision] = (at, fate)
    rows_new: list[dict[str, Any]] = []
    fresh: list[NewRevision] = []
    for (article, revision), scored in first.items():
        others = known.setdefault(article, {})
        if revision in others:
            continue
        counted = [at for at, fate in others.values() if fate == "counted"]
        fresh.append(NewRevision(scored, bool(others), max(counted, default=None)))
        others[revision] = (scored.article.available_at, "open")
        rows_new.append(
            {
                "desk": desk,
                "id": article,
                "revision": revision,
                "available_at": scored.article.available_at,
                "story": "",
                "fate": "open",
            }
        )
    insert_absent_many(connection, seen, rows_new)
    return _with_stored_scores(connection, fresh)


def _with_stored_scores(connection: Connection, fresh: list[NewRevision]) -> list[NewRevision]:
    """Replace scores by those stored first, where another desk stored others: the first in log order counts."""
    keys = [(taken.scored.article.id, taken.scored.article.revision) for taken in fresh]
    stored: dict[Key, Any] = {}
    for chunk in batched(keys, 400):
        rows = connection.execute(select(scores).where(tuple_(scores.c.id, scores.c.revision).in_(chunk)))
        stored |= {(row.id, row.revision): row for row in rows}
    found = []
    for taken, key in zip(fresh, keys, strict=True):
        row, scored = stored[key], taken.scored
        if not _same(row, scored):
            taken = NewRevision(scored_from_row(scored.article, row), taken.other_revisions, taken.counted_at)
        found.append(taken)
    return found


def _same(row: Any, scored: ScoredArticle) -> bool:
    mine = score_row(scored)
    return all(getattr(row, name) == value for name, value in mine.items())
