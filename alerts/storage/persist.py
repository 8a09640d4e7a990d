"""What a desk decided, into the store: one call, inside the transaction that began by renewing the lease.

Loading it again: alerts/storage/restore.py. What is in the store is the truth; a desk whose transaction failed is
thrown away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, and_, bindparam, delete, select, tuple_, update

from alerts.engine.desk import Desk
from alerts.engine.effects import Change, Effects, NewFit
from alerts.evidence import pack as evidence
from alerts.handling import audit
from alerts.lifecycle.transitions import Alert
from alerts.storage import corrections
from alerts.windows.panes import pane_row
from core import tables
from core.records import Health, ScoredArticle
from core.store.article_rows import article_from_row, scored_from_row
from core.store.bulk import chunks, insert, insert_absent, upsert
from core.times import iso, parse_iso

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RecordedChange:
    """A change with its evidence: what alerts/delivery/enqueue.py makes notifications of."""

    line: Any
    incident: str
    pack: bytes


def save(connection: Connection, name: str, desk: Desk, effects: Effects) -> list[RecordedChange]:
    """Write everything that `effects` holds; returns the changes of alerts, with their evidence packs."""
    insert(
        connection,
        tables.panes,
        [pane_row(name, closed.window, closed.observations) for closed in effects.panes],
    )
    upsert(connection, tables.stories, [{"desk": name, **row} for row in effects.stories])
    late = [(entry.id, entry.revision, "late", story) for entry, story in effects.late]
    _fates(connection, name, [*((f.id, f.revision, f.outcome, f.story) for f in effects.outcomes), *late])
    upsert(connection, tables.findings, _findings(name, desk, effects))
    insert_absent(
        connection,
        tables.fits,
        [
            {
                "desk": name,
                "rule": fit.rule,
                "in_force_from": fit.in_force_from,
                "version": fit.version,
                "fit": fit.fit,
            }
            for fit in effects.fits
        ],
    )
    upsert(
        connection,
        tables.detector_state,
        [
            {"desk": name, "rule": key, "series": series, "state": state}
            for key, states in effects.detectors.items()
            for series, state in states.items()
        ],
    )
    for column, states in (("budget", effects.budgets), ("timers", effects.timers)):
        rows = [{"desk": name, "rule": key, column: state} for key, state in states.items()]
        upsert(connection, tables.rule_state, rows)
    corrections.add(connection, name, desk, effects.late)
    return _alerts(connection, name, desk, effects)


def save_progress(
    connection: Connection, name: str, desk: Desk, positions: Mapping[int, int], topic_id: str
) -> None:
    """How far the desk has come: positions, markers, watermark."""
    upsert(
        connection,
        tables.positions,
        [
            {
                "desk": name,
                "partition": partition,
                "topic_id": topic_id,
                "next_offset": offset,
                "marker": desk.watermark.newest(partition),
            }
            for partition, offset in sorted(positions.items())
        ],
    )
    row = {
        "desk": name,
        "watermark": max(0, desk.closed),
        "rules_version": desk.rules.version,
        "state": msgspec.msgpack.encode(desk.dump()),
    }
    upsert(connection, tables.desks, [row])


def true_alarms(connection: Connection, name: str) -> dict[str, list[tuple[str, int, int]]]:
    """Rule -> (series, from, to) of alerts that people called true."""
    alerts, handling = tables.alerts.c, tables.handling.c
    query = (
        select(alerts.rule, alerts.series, alerts.onset, alerts.resolved_at)
        .join(tables.handling, and_(handling.desk == alerts.desk, handling.id == alerts.id))
        .where(alerts.desk == name, handling.disposition == "true")
        .order_by(alerts.onset, alerts.id)
    )
    found: dict[str, list[tuple[str, int, int]]] = {}
    for rule, series, onset, resolved_at in connection.execute(query):
        found.setdefault(rule, []).append((series, onset, resolved_at or onset))
    return found


def note_fits(connection: Connection, name: str, fits: Sequence[NewFit], now_ms: int) -> None:
    """Each new fit in the audit log and in the log: what decides from then on, with its interval."""
    for fit in fits:
        told = msgspec.json.decode(fit.fit) | {
            "version": fit.version,
            "in_force_from": iso(fit.in_force_from),
        }
        log.info("new fit", desk=name, rule=fit.rule, **told)
        audit.append(
            connection, at=now_ms, desk=name, actor=f"desk:{name}", action="rule.fit", subject=fit.rule, detail=told
        )  # fmt: skip


def save_health(connection: Connection, said: Sequence[Health]) -> None:
    """What sources said of themselves."""
    insert_absent(connection, tables.health, [health.row() for health in said])


def _fates(connection: Connection, name: str, fates: Sequence[tuple[str, str, str, str]]) -> None:
    if not fates:
        return
    seen = tables.seen
    statement = (
        update(seen)
        .where(
            seen.c.desk == name, seen.c.id == bindparam("b_id"), seen.c.revision == bindparam("b_revision")
        )
        .values(fate=bindparam("b_fate"), story=bindparam("b_story"))
    )
    names = ("b_id", "b_revision", "b_fate", "b_story")
    connection.execute(statement, [dict(zip(names, fate, strict=True)) for fate in fates])


def _findings(name: str, desk: Desk, effects: Effects) -> list[dict[str, Any]]:
    versions = {runner.rule.id: runner.rule.version for runner in desk.runners}
    return [
        {
            "desk": name,
            "rule": found.rule,
            "rule_version": versions[found.rule],
            "series": found.window.series,
            "at": found.window.end,
            "statistic": found.verdict.statistic,
            "p_value": found.verdict.p_value,
            "observed": found.verdict.observed,
            "expected": found.verdict.expected,
            "low": found.verdict.low,
            "high": found.verdict.high,
            "breach": found.breach,
        }
        for found in effects.findings
    ]


def alert_row(name: str, alert: Alert) -> dict[str, Any]:
    """The alert's row."""
    return {
        "desk": name,
        "id": alert.id,
        "rule": alert.rule,
        "rule_version": alert.rule_version,
        "series": alert.series,
        "state": alert.state,
        "severity": alert.severity,
        "onset": alert.onset,
        "fired_at": alert.fired_at,
        "resolved_at": alert.resolved_at,
        "fired": alert.fired_at is not None,
        "incident": alert.incident,
        "state_data": msgspec.msgpack.encode(alert),
    }


def _alerts(connection: Connection, name: str, desk: Desk, effects: Effects) -> list[RecordedChange]:
    upsert(connection, tables.alerts, [alert_row(name, alert) for alert in effects.alerts.values()])
    for chunk in chunks(sorted(effects.gone)):
        alerts = tables.alerts.c
        connection.execute(
            delete(tables.alerts).where(alerts.desk == name, alerts.id.in_(chunk), alerts.fired.is_(False))
        )
    told = [
        RecordedChange(change.line, change.incident, _pack(connection, name, desk, change))
        for change in effects.changes
    ]
    insert_absent(
        connection,
        tables.alert_lines,
        [
            {
                "desk": name,
                "decided_at": parse_iso(one.line.decided_at),
                "id": one.line.id,
                "state": one.line.state,
                "severity": one.line.severity,
                "line": msgspec.json.encode(one.line).decode(),
                "evidence": one.pack,
            }
            for one in told
        ],
    )
    return told


def _pack(connection: Connection, name: str, desk: Desk, change: Change) -> bytes:
    stories = dict(change.articles)
    texts = _texts(connection, name, list(stories), change.revision)
    runner, result = change.runner, change.result
    inputs = evidence.Inputs(
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
        inputs = evidence.Inputs(
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
    return evidence.pack(inputs)


def _left(connection: Connection, name: str, change: Change) -> list[tuple[ScoredArticle, str]] | None:
    if change.left is None:
        return None
    stories = dict(change.left)
    return [(scored, stories[scored.article.id]) for scored in _texts(connection, name, list(stories), "")]


def _texts(connection: Connection, name: str, ids: list[str], revision: str) -> list[ScoredArticle]:
    """The scored articles of these ids, in the revision that counted (or the one named)."""
    articles, scores, seen = tables.articles, tables.scores, tables.seen
    found: list[ScoredArticle] = []
    both = and_(articles.c.id == scores.c.id, articles.c.revision == scores.c.revision)
    mine = and_(seen.c.desk == name, seen.c.id == articles.c.id, seen.c.revision == articles.c.revision)
    for chunk in chunks(ids, 300):
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
