"""Reading a desk back from the store, after the lease was taken."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, and_, select

from alerts.engine.desk import Desk
from alerts.lifecycle.alert import Alert
from alerts.storage.rule_state import load_runner
from alerts.stories.codec import story_of
from alerts.stories.story import HORIZON_MS
from alerts.windows.panes import decode
from core import tables
from core.records import ScoredArticle
from core.store.article_rows import article_from_row, scored_from_row
from core.times import HOUR


def load(connection: Connection, name: str, desk: Desk) -> Desk:
    """Fill `desk`, which has no state yet, with what the store holds of the desk called `name`; return it.

    Raises StoreUnavailable, and msgspec.DecodeError for a state that this version cannot read.
    """
    table = tables.desks
    row = connection.execute(select(table).where(table.c.desk == name)).one_or_none()
    if row is None:
        return desk
    desk.load(msgspec.msgpack.decode(row.state))
    stories = tables.stories
    kept = select(stories).where(stories.c.desk == name, stories.c.last_at >= desk.closed - HORIZON_MS - HOUR)
    desk.stories.restore([story_of(row) for row in connection.execute(kept)])
    for runner in desk.runners:
        load_runner(connection, name, runner)
    desk.restore_schedule(list(_panes(connection, name, desk)))
    _restore_immediate(connection, name, desk)
    for scored, others in _open_articles(connection, name, desk):
        if others:
            desk.deduplicator.flag(scored.article.id, max((at for at in others if at >= 0), default=None))
        desk.buffer(desk.entry(scored))
        if desk.rules.immediate:
            desk.immediate.wait(scored, desk.watermark.furthest)
    return desk


def _restore_immediate(connection: Connection, name: str, desk: Desk) -> None:
    """Restore alerts of immediate rules that have not ended; the id of their article is in their line."""
    alerts, lines = tables.alerts.c, tables.alert_lines.c
    rules = {(rule.id, rule.version) for rule in desk.rules.immediate}
    if not rules:
        return
    query = (
        select(alerts.state_data, lines.line)
        .join(
            tables.alert_lines,
            and_(lines.desk == alerts.desk, lines.id == alerts.id, lines.state == "firing"),
        )
        .where(
            alerts.desk == name,
            alerts.state == "firing",
            alerts.rule.in_(sorted({rule for rule, _ in rules})),
        )
    )
    for data, line in connection.execute(query):
        alert = msgspec.msgpack.decode(data, type=Alert)
        if (alert.rule, alert.rule_version) in rules:
            [article] = msgspec.json.decode(line)["article_ids"]
            desk.immediate.take_up(alert, article)


def _panes(connection: Connection, name: str, desk: Desk) -> Iterator[tuple[str, int]]:
    longest = max((runner.reach_ms for runner in desk.runners), default=0)
    panes = tables.panes.c
    query = (
        select(panes.series, panes.start, panes.state)
        .where(panes.desk == name, panes.start >= desk.closed - longest - desk.pane_ms)
        .order_by(panes.start)
    )
    for series, start, state in connection.execute(query):
        if desk.plan.interest(series):
            desk.windows.add(series, start, decode(state))
            yield series, start


def _open_articles(
    connection: Connection, name: str, desk: Desk
) -> Iterator[tuple[ScoredArticle, list[int]]]:
    """Yield articles whose pane is not closed, each with the times of its other revisions (-1: did not count)."""
    articles, scores, seen = tables.articles, tables.scores, tables.seen
    wanted = and_(
        seen.c.desk == name, seen.c.available_at >= desk.closed - desk.pane_ms, seen.c.fate == "open"
    )
    keys = select(seen.c.id, seen.c.revision).where(wanted)
    rows = connection.execute(
        select(articles)
        .join(seen, and_(seen.c.id == articles.c.id, seen.c.revision == articles.c.revision))
        .where(wanted)
    )
    texts = {(row.id, row.revision): article_from_row(row) for row in rows}
    if not texts:
        return
    found = connection.execute(
        select(scores)
        .join(seen, and_(seen.c.id == scores.c.id, seen.c.revision == scores.c.revision))
        .where(wanted)
    )
    scored = {(row.id, row.revision): row for row in found}
    others: dict[str, list[int]] = {}
    mine = keys.subquery()
    revisions = connection.execute(
        select(seen.c.id, seen.c.revision, seen.c.available_at, seen.c.fate)
        .join(mine, mine.c.id == seen.c.id)
        .where(seen.c.desk == name, seen.c.revision != mine.c.revision)
    )
    for article, _, at, fate in revisions:
        others.setdefault(article, []).append(at if fate == "counted" else -1)
    for key, article_row in texts.items():
        yield scored_from_row(article_row, scored[key]), others.get(key[0], [])
