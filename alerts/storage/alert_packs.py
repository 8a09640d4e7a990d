"""Evidence packs of changes: the desk's own figures, with the articles' texts and scores from the store."""

from __future__ import annotations

from sqlalchemy import Connection, and_, select, tuple_

from alerts.engine.desk import Desk
from alerts.engine.effects import Change
from alerts.evidence import assembly
from core import tables
from core.records import ScoredArticle
from core.store.article_rows import article_from_row, scored_from_row
from core.store.bulk import batched


def make_pack(connection: Connection, name: str, desk: Desk, change: Change) -> bytes:
    """Return the evidence pack of a change, JSON bytes. `name`: the desk's."""
    stories = dict(change.articles)
    texts = _texts(connection, name, list(stories), change.revision)
    runner, result = change.runner, change.result
    inputs = assembly.Inputs(
        line=change.line,
        rule=runner.rule if runner else desk.rules.rule(change.line.rule),
        rules_version=desk.rules.version,
        articles=[(scored, stories[scored.article.id]) for scored in texts],
        pane_ms=desk.pane_ms,
        lateness_ms=desk.lateness_ms,
        outage=change.proof,
    )
    if runner is not None and result is not None:
        fit = runner.threshold.fit(change.at) if runner.rule.threshold is None else None
        inputs = assembly.Inputs(
            **{field: getattr(inputs, field) for field in ("line", "rule", "rules_version", "articles")},
            pane_ms=desk.pane_ms,
            lateness_ms=desk.lateness_ms,
            window=result.evaluation.window,
            hop=result.hop,
            verdict=result.evaluation.verdict,
            threshold=result.evaluation.threshold,
            fit=fit.to_json() if fit is not None else "",
            context=runner.describe(),
            state=result.prior,
            left=_left(connection, name, change),
        )
    return assembly.assemble(inputs)


def _left(connection: Connection, name: str, change: Change) -> list[tuple[ScoredArticle, str]] | None:
    if change.left is None:
        return None
    stories = dict(change.left)
    return [(scored, stories[scored.article.id]) for scored in _texts(connection, name, list(stories), "")]


def _texts(connection: Connection, name: str, ids: list[str], revision: str) -> list[ScoredArticle]:
    """Return the scored articles of these ids, in `revision`, or where that is empty in the one that counted."""
    articles, scores, seen = tables.articles, tables.scores, tables.seen
    found: list[ScoredArticle] = []
    both = and_(articles.c.id == scores.c.id, articles.c.revision == scores.c.revision)
    mine = and_(seen.c.desk == name, seen.c.id == articles.c.id, seen.c.revision == articles.c.revision)
    for chunk in batched(ids, 300):
        where = articles.c.id.in_(chunk)
        which = articles.c.revision == revision if revision else seen.c.fate == "counted"
        query = select(articles).join(scores, both).join(seen, mine).where(where, which)
        made = {(row.id, row.revision): article_from_row(row) for row in connection.execute(query)}
        keys = tuple_(scores.c.id, scores.c.revision).in_(list(made))
        if made:
            found += [
                scored_from_row(made[r.id, r.revision], r)
                for r in connection.execute(select(scores).where(keys))
            ]
    return found
