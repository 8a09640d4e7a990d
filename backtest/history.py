"""Scored articles for a backtest, in order of (available_at, id, revision): from a store, or from scored.jsonl."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from sqlalchemy import and_, select

from alerts.rules.loading import parse_rules
from alerts.rules.model import RuleSet
from alerts.windows.record_check import record_fault
from core.errors import ConfigError, InvalidRecord, LookAhead, Reason
from core.records import Health, ScoredArticle, decode
from core.store import Store
from core.store.article_rows import article_from_row, scored_from_row
from core.tables import articles, health, rule_sets, scores

_PAGE = 2_000


def of_store(store: Store, start: int | None = None, end: int | None = None) -> Iterator[ScoredArticle]:
    """Yield the stored scored articles with start <= available_at < end (epoch ms). Raises StoreUnavailable."""
    order = (articles.c.available_at, articles.c.id, articles.c.revision)
    joined = and_(scores.c.id == articles.c.id, scores.c.revision == articles.c.revision)
    query = select(articles, scores).join(scores, joined).order_by(*order).limit(_PAGE)
    if start is not None:
        query = query.where(articles.c.available_at >= start)
    if end is not None:
        query = query.where(articles.c.available_at < end)
    columns = [*articles.c, *scores.c]
    query = query.with_only_columns(*[column.label(f"c{number}") for number, column in enumerate(columns)])
    last: tuple[int, str, str] | None = None
    while True:
        page = query
        if last is not None:
            at, article, revision = last
            page = query.where(
                (articles.c.available_at > at)
                | ((articles.c.available_at == at) & (articles.c.id > article))
                | (
                    (articles.c.available_at == at)
                    & (articles.c.id == article)
                    & (articles.c.revision > revision)
                )
            )
        with store.read() as connection:
            rows = connection.execute(page).all()
        for row in rows:
            of_article = _Row(dict(zip((c.name for c in articles.c), row, strict=False)))
            of_score = _Row(dict(zip((c.name for c in scores.c), row[len(articles.c) :], strict=True)))
            article_record = article_from_row(of_article)
            last = (article_record.available_at, article_record.id, article_record.revision)
            yield scored_from_row(article_record, of_score)
        if len(rows) < _PAGE:
            return


def health_of_store(store: Store, start: int | None = None, end: int | None = None) -> list[Health]:
    """Return the stored health records with start <= at < end (epoch ms), by time and source; a dump has none."""
    query = select(health).order_by(health.c.at, health.c.source)
    if start is not None:
        query = query.where(health.c.at >= start)
    if end is not None:
        query = query.where(health.c.at < end)
    with store.read() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        Health(**{**row, "proof": msgspec.json.decode(row["proof"]) if row["proof"] else {}}) for row in rows
    ]


def rules_of_store(store: Store, desk: str, settings: Callable[[], RuleSet]) -> tuple[RuleSet, int]:
    """Return the rules that the desk ran under, and how many rule sets the store has of it.

    Of several sets the one of `settings`, where the desk ran under it (it may be in force again), else the latest.
    Raises ConfigError where there is none.
    """
    latest = (rule_sets.c.in_force_from.desc(), rule_sets.c.imported_at.desc())
    with store.read() as connection:
        known = connection.execute(select(rule_sets).where(rule_sets.c.desk == desk).order_by(*latest)).all()
    if not known:
        raise ConfigError(
            f"--parity: no desk {desk!r} ever ran over this store, so there is nothing to compare with"
        )
    row = known[0]
    if len(known) > 1:
        asked = settings().version
        row = next((one for one in known if one.version == asked), row)
    return parse_rules(row.source, f"rules {row.version[:8]} of the store"), len(known)


class _Row:
    """A row whose columns are attributes, as SQLAlchemy's."""

    def __init__(self, values: dict[str, object]) -> None:
        self.__dict__.update(values)


def of_file(path: Path, refused: list[str] | None = None) -> Iterator[ScoredArticle]:
    """Yield the articles of a scored.jsonl by (available_at, id, revision); only their keys are held in memory.

    Lines that become dead letters live are left out and described in `refused`. Raises ConfigError for an unreadable
    file, for one without a valid line, and, where `refused` is None, for the first invalid line.
    """
    order: list[tuple[int, str, str, int]] = []
    try:
        with path.open("rb") as file:
            offset = 0
            for number, line in enumerate(file, 1):
                if line.strip():
                    try:
                        article = _scored(line).article
                    except InvalidRecord as error:
                        fault_text = f"{path}:{number}: not a scored article: {error.detail}"
                        if refused is None:
                            raise ConfigError(fault_text) from error
                        refused.append(fault_text)
                    else:
                        order.append((article.available_at, article.id, article.revision, offset))
                offset += len(line)
            if refused and not order:
                raise ConfigError(refused[0])
            order.sort()
            for *_, offset in order:
                file.seek(offset)
                yield _scored(file.readline())
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error


def _scored(line: bytes) -> ScoredArticle:
    """Return the scored article of a line. Raises InvalidRecord, as the alert worker does."""
    record = decode(line, "scored/1")
    assert isinstance(record, ScoredArticle)
    if wrong := record_fault(record):
        raise InvalidRecord(Reason.BAD_SCHEMA, wrong)
    return record


def in_order(records: Iterator[ScoredArticle]) -> Iterator[ScoredArticle]:
    """Yield `records`. Raises LookAhead for one that is older than the one before it."""
    now = None
    for record in records:
        at = record.article.available_at
        if now is not None and at < now:
            raise LookAhead(
                f"article {record.article.id} of {at} comes after {now}: the source is not in order"
            )
        now = at
        yield record
