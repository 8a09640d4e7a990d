"""The articles of an evidence pack checked against the store: their texts, scores and stories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from alerts.evidence import assembly, schema
from alerts.evidence.verify.checks import Check, listed
from alerts.evidence.verify.comparison import MOST_LISTED, shortened
from core.ids import text_hash
from core.records import ScoredArticle
from core.store.article_rows import article_from_row, scored_from_row
from core.store.bulk import batched
from core.tables import articles, scores, seen

Key = tuple[str, str]
"""(id, revision) of an article."""


def article_checks(connection: Connection, desk: str, pack: schema.Pack) -> Iterator[Check]:
    """Yield checks of the stored texts, scores and stories of the pack's articles and of its hop's."""
    hop = [] if isinstance(pack.hop_articles, msgspec.UnsetType) else pack.hop_articles
    keys = [(one.id, one.revision) for one in pack.articles] + [(one.id, one.revision) for one in hop]
    if not keys:
        return
    texts, scored, stories = _stored(connection, desk, sorted({name for name, _ in keys}))
    yield from text_checks(pack, texts)
    unscored = [
        name for name, revision in keys if (name, revision) in texts and (name, revision) not in scored
    ]
    if unscored:
        yield Check(
            "stored scores", "unknown", f"{len(unscored)} have none in this store: {listed(unscored)}"
        )
    wrong: list[str] = []
    for article in pack.articles:
        key = (article.id, article.revision)
        if key in scored:
            at_once = pack.window is None
            story = article.story if at_once else stories.get(key, "")
            wrong += _differences(article, assembly.as_counted(scored[key], story, pack.line.series, at_once))
    for other in hop:
        key = (other.id, other.revision)
        if key in scored:
            found = assembly.as_counted(scored[key], stories.get(key, ""), pack.line.series)
            wrong += _differences(other, assembly.in_short(found))
    known = sum(key in scored for key in keys)
    if wrong:
        yield Check(
            "stored scores",
            "differs",
            f"{len(wrong)} of {known} articles: {listed(wrong, MOST_LISTED, '; ')}",
        )
    elif known:
        yield Check("stored scores", "agrees", f"{known} articles have these scores, labels and stories")


def _differences(given: Any, found: Any) -> list[str]:
    """Return `id (p_negative: the pack says 9000, the store 100)`, or nothing where no field of the pack differs."""
    wrong = [
        f"{name}: the pack says {_shown(given, name)}, the store {_shown(found, name)}"
        for name in given.__struct_fields__
        if not isinstance(getattr(given, name), msgspec.UnsetType)
        and getattr(given, name) != getattr(found, name)
    ]
    return [f"{given.id[:12]} ({'; '.join(wrong)})"] if wrong else []


def _shown(struct: Any, name: str) -> str:
    value = getattr(struct, name)
    return shortened(None if isinstance(value, msgspec.UnsetType) else msgspec.to_builtins(value))


def text_checks(pack: schema.Pack, texts: Mapping[Key, str]) -> Iterator[Check]:
    """Yield checks that the stored texts are those that were scored.

    `texts`: (id, revision) -> hash of title and body.
    """
    missing, wrong = [], []
    for article in pack.articles:
        found = texts.get((article.id, article.revision))
        if found is None:
            missing.append(article.id)
        elif found != article.text_hash:
            wrong.append(article.id)
    number = len(pack.articles)
    if wrong:
        detail = f"{len(wrong)} of {number} have another text than was scored: {listed(wrong)}"
        yield Check("stored texts", "differs", detail)
    elif number > len(missing):
        yield Check(
            "stored texts", "agrees", f"{number - len(missing)} articles have the text that was scored"
        )
    if missing:
        yield Check(
            "stored texts", "unknown", f"{len(missing)} of {number} are not in this store: {listed(missing)}"
        )


def _stored(
    connection: Connection, desk: str, ids: Sequence[str]
) -> tuple[dict[Key, str], dict[Key, ScoredArticle], dict[Key, str]]:
    """Return hashes of texts, scored articles and stories, each by (id, revision)."""
    texts: dict[Key, str] = {}
    scored: dict[Key, ScoredArticle] = {}
    stories: dict[Key, str] = {}
    for chunk in batched(ids, 300):
        made = {}
        for row in connection.execute(select(articles).where(articles.c.id.in_(chunk))):
            made[row.id, row.revision] = article_from_row(row)
            texts[row.id, row.revision] = text_hash(row.title, row.body)
        for row in connection.execute(select(scores).where(scores.c.id.in_(chunk))):
            if (row.id, row.revision) in made:
                scored[row.id, row.revision] = scored_from_row(made[row.id, row.revision], row)
        mine = select(seen.c.id, seen.c.revision, seen.c.story).where(
            seen.c.desk == desk, seen.c.id.in_(chunk)
        )
        for row in connection.execute(mine.where(seen.c.fate == "counted")):
            stories[row.id, row.revision] = row.story
    return texts, scored, stories
