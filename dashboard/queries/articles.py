"""Articles with their scores: behind a point of a chart, as an alert's evidence, or by search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import pandas as pd
from sqlalchemy import JSON, ColumnElement, Select, and_, case, cast, func, or_, select, type_coerce

from core.store import Store
from core.tables import articles, scores, seen
from dashboard.queries.frames import frame

LIMIT = 500
"""Rows a table shows; further ones are counted, not sent to the browser."""


@dataclass(frozen=True)
class Wanted:
    """What to look for; an empty field means any. Times are event times in milliseconds, [start, end)."""

    start: int
    end: int
    series: str = "all"
    text: str = ""
    language: str = ""
    source: str = ""
    sentiment: str = ""
    """negative | neutral | positive | unsure"""


_LANGUAGE = func.coalesce(func.nullif(scores.c.language, ""), articles.c.language)
_COLUMNS = (
    articles.c.available_at,
    articles.c.title,
    articles.c.source,
    articles.c.publisher,
    articles.c.url,
    _LANGUAGE.label("language"),
    scores.c.p_negative,
    scores.c.p_neutral,
    scores.c.p_positive,
    scores.c.abstained,
    scores.c.topics,
    scores.c.mentions,
    seen.c.story,
    seen.c.fate,
    articles.c.id,
    articles.c.revision,
)


def _joined(desk: str, *columns: ColumnElement[Any]) -> Select[Any]:
    same = and_(scores.c.id == articles.c.id, scores.c.revision == articles.c.revision)
    taken = and_(seen.c.id == articles.c.id, seen.c.revision == articles.c.revision, seen.c.desk == desk)
    return select(*columns).select_from(articles.join(scores, same).outerjoin(seen, taken))


def search(store: Store, desk: str, wanted: Wanted, limit: int = LIMIT) -> pd.DataFrame:
    """The newest `limit` articles that are wanted."""
    statement = _joined(desk, *_COLUMNS).where(*_conditions(store, wanted))
    newest = statement.order_by(articles.c.available_at.desc(), articles.c.id).limit(limit)
    return frame(store, newest)


def tally(store: Store, desk: str, wanted: Wanted) -> dict[str, int]:
    """How many articles, distinct stories and distinct publishers are wanted."""
    statement = _joined(
        desk,
        func.count().label("articles"),
        func.count(func.distinct(func.nullif(seen.c.story, ""))).label("stories"),
        func.count(func.distinct(articles.c.publisher)).label("publishers"),
    ).where(*_conditions(store, wanted))
    return {str(key): int(value) for key, value in frame(store, statement).iloc[0].items()}


def by_id(store: Store, desk: str, ids: Sequence[str]) -> pd.DataFrame:
    """The articles with these ids, newest first."""
    statement = _joined(desk, *_COLUMNS).where(articles.c.id.in_(list(ids)[:LIMIT]))
    return frame(store, statement.order_by(articles.c.available_at.desc(), articles.c.id))


def body(store: Store, ident: str, revision: str) -> str:
    """An article's text."""
    with store.read() as connection:
        found = connection.execute(
            select(articles.c.body).where(articles.c.id == ident, articles.c.revision == revision)
        ).scalar()
    return str(found or "")


class _Called(msgspec.Struct):
    entity: str = ""
    name: str = ""


def company_names(store: Store, most: int = 300_000) -> dict[str, str]:
    """What articles call each company, from so many scores at most: asked one by one, each rare name would cost a
    look through them all."""
    decode = msgspec.json.Decoder(list[_Called]).decode
    found: dict[str, str] = {}
    named = select(scores.c.mentions).where(scores.c.mentions != "[]").limit(most)
    with store.read() as connection:
        for rows in connection.execute(named).scalars().partitions(5_000):
            for one in (one for mentions in rows for one in decode(mentions)):
                if one.name:
                    found.setdefault(one.entity, one.name)
    return found


def sources(store: Store) -> list[str]:
    """Where articles came from."""
    with store.read() as connection:
        return list(
            connection.execute(select(articles.c.source).distinct().order_by(articles.c.source)).scalars()
        )


def _conditions(store: Store, wanted: Wanted) -> list[Any]:
    conditions: list[Any] = [articles.c.available_at >= wanted.start, articles.c.available_at < wanted.end]
    conditions += _in_series(store, wanted.series)
    if wanted.text.strip():
        needle = wanted.text.strip()
        conditions.append(
            or_(
                articles.c.title.icontains(needle, autoescape=True),
                articles.c.body.icontains(needle, autoescape=True),
            )
        )
    if wanted.language:
        conditions.append(wanted.language == _LANGUAGE)
    if wanted.source:
        conditions.append(articles.c.source == wanted.source)
    if wanted.sentiment:
        conditions.append(wanted.sentiment == _CALLED)
    return conditions


_CALLED = case(
    (scores.c.abstained, "unsure"),
    (
        and_(scores.c.p_negative > scores.c.p_positive, scores.c.p_negative > scores.c.p_neutral),
        "negative",
    ),
    (
        and_(scores.c.p_positive > scores.c.p_negative, scores.c.p_positive > scores.c.p_neutral),
        "positive",
    ),
    else_="neutral",
)


def _in_series(store: Store, series: str) -> list[ColumnElement[bool]]:
    """A series' name as conditions: base['/topic:'TOPIC]['@'language]."""
    name, _, language = series.partition("@")
    base, _, topic = name.partition("/topic:")
    conditions: list[Any] = []
    if base.startswith("topic:"):
        conditions.append(_has_topic(store, base.removeprefix("topic:")))
    elif base.startswith("entity:"):
        conditions.append(_mentions(base.removeprefix("entity:")))
    elif base.startswith("source:"):
        conditions.append(articles.c.source == base.removeprefix("source:"))
    if topic:
        conditions.append(_has_topic(store, topic))
    if language:
        conditions.append(language == _LANGUAGE)
    return conditions


def _has_topic(store: Store, topic: str) -> ColumnElement[bool]:
    # A cast to JSON means something else in SQLite, and nothing at all is needed there.
    document = type_coerce(scores.c.topics, JSON) if store.is_sqlite else cast(scores.c.topics, JSON)
    reached: ColumnElement[bool] = document[topic].as_integer() >= scores.c.topic_threshold
    return reached


def _mentions(entity: str) -> ColumnElement[bool]:
    return scores.c.mentions.contains(f'"entity":"{entity}"', autoescape=True)
