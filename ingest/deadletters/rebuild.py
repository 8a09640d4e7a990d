"""A dead letter -> the article that its source would have given.

By the very rules that read it the first time, as the settings have them now: a dump's row by its columns, an item of an
API or a topic by its fields, a page by the extractor, a feed's entry with the page that was fetched for it. What they
need besides the bytes is in the dead letter's context. What died behind ingest is sent as it was on its topic.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
import orjson

from core.bus.base import RAW, SCORED
from core.errors import InvalidRecord, Reason, Refused
from core.origins import Origin, OriginKind
from core.records import Article, DeadLetter, ScoredArticle, decode
from core.settings import Settings
from ingest.dumps.jsonl_reader import parse_line
from ingest.dumps.reader import RowFault, values_of
from ingest.items.build import build
from ingest.items.item import NewsItem
from ingest.replay.articles import RowArticles
from ingest.sources.base_settings import SourceSettings
from ingest.sources.info import source_info
from ingest.sources.registry import create_source

_SCHEMAS = {RAW: "article/1", SCORED: "scored/1"}


def rebuild(
    letter: DeadLetter, settings: Settings, specs: Mapping[str, SourceSettings], now: int,
    columns: Mapping[str, str] | None = None,
) -> Article:  # fmt: skip
    """Return the article that a dead letter becomes now. `columns`: instead of those that a dump was replayed with.

    Raises InvalidRecord where it is still no article, or its bytes were not kept whole.
    """
    if hashlib.sha256(letter.payload).hexdigest() != letter.payload_hash:
        raise InvalidRecord(
            Reason.TOO_LARGE, "too large to be kept whole; what is left of it makes no article"
        )
    if schema := _SCHEMAS.get(letter.topic):
        return _live(_as_on_its_topic(letter, schema), letter, now)
    if Origin.parse(letter.origin).kind is OriginKind.FILE_ROW:
        return msgspec.structs.replace(
            _row(letter, settings, specs, now, columns), origin=letter.origin
        )  # keeps its event time: late, it corrects what was decided
    spec = specs.get(letter.source)
    if spec is None:
        raise InvalidRecord(
            Reason.BAD_ROW, f"no source {letter.source!r} in the settings, whose rules it needs"
        )
    record = build(_item(letter, spec, settings), source_info(spec, settings), letter.at)
    if isinstance(record, DeadLetter):
        raise InvalidRecord(record.reason, record.detail)
    return _live(record, letter, now)


def _live(article: Article, letter: DeadLetter, now: int) -> Article:
    """Seen when it was, available now."""
    return msgspec.structs.replace(
        article, origin=letter.origin, available_at=max(now, article.first_seen_at)
    )


def _as_on_its_topic(letter: DeadLetter, schema: str) -> Article:
    record = decode(letter.payload, schema)
    if isinstance(record, ScoredArticle):
        return record.article
    assert isinstance(record, Article)
    return record


def _context(letter: DeadLetter) -> dict[str, Any]:
    found = orjson.loads(letter.context) if letter.context else {}
    return found if isinstance(found, dict) else {}


def _item(letter: DeadLetter, spec: SourceSettings, settings: Settings) -> NewsItem:
    source = create_source(spec, settings.path("."))
    if source is None:
        raise InvalidRecord(Reason.BAD_ROW, f"source {letter.source!r} is of another kind by now")
    try:
        return source.rebuild(letter.payload, _context(letter))
    except Refused as error:
        raise InvalidRecord(Reason.NO_TEXT, str(error)) from error
    except ValueError as error:
        raise InvalidRecord(Reason.BAD_JSON, str(error)) from error


def _row(
    letter: DeadLetter, settings: Settings, specs: Mapping[str, SourceSettings], now: int,
    columns: Mapping[str, str] | None,
) -> Article:  # fmt: skip
    context = _context(letter)
    named_columns: Mapping[str, str] = columns or context.get("columns", {})
    record = parse_line(letter.payload)
    if not isinstance(record, dict):
        fault = record if isinstance(record, RowFault) else RowFault(Reason.BAD_ROW, "no JSON object")
        raise InvalidRecord(fault.reason, fault.detail)
    rows = RowArticles(
        "", letter.source, now_ms=now, named_columns=named_columns, delay_ms=context.get("delay", 0),
        delays={spec.name: spec.delay for spec in specs.values() if spec.delay},
        max_bytes=settings.ingest.max_article_bytes, dates_only=context.get("dates_only", False),
        newest=context.get("newest"),
    )  # fmt: skip
    built = rows.build(0, values_of(record, named_columns), letter.payload)
    if isinstance(built, DeadLetter):
        raise InvalidRecord(built.reason, built.detail)
    found = decode(built.value, "article/1")
    assert isinstance(found, Article)
    return found
