"""Alerts as the desk leaves them in the store, for tests of what comes after: delivery, handling, evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from alerts.delivery import enqueue as notify
from alerts.evidence import assembly
from alerts.lifecycle.alert import alert_id
from alerts.records import AlertLine, Severity, State, Verdict, Window
from alerts.rules.loading import parse_rules
from alerts.rules.model import RuleSet
from core.settings import Settings
from core.store import Store, upsert
from core.tables import alert_lines, alerts, outbox
from core.times import HOUR, iso, parse_iso
from tests.support.records import T0, scored

RULES = """
rules:
  - name: company-negative
    about: Bad news about one company
    series: ["entity:*", "entity:*/topic:*"]
    window: 1h
    detector: negative_share
    minimum: {stories: 3, publishers: 3}
"""
SERIES = "entity:US:JPM/topic:legal_regulation"


@dataclass(frozen=True)
class Change:
    """What alerts/delivery/enqueue.py reads of a change."""

    line: AlertLine
    pack: bytes
    incident: str


def rules_of(more: str = "", text: str = RULES) -> RuleSet:
    """The rules above, and more sections."""
    return parse_rules(text + more, "rules.yaml")


def change(
    rules: RuleSet,
    *,
    series: str = SERIES,
    state: State = "firing",
    severity: Severity = "high",
    onset: int = T0,
    decided_at: int = 0,
    incident: str = "",
    rule: str = "company-negative",
    titles: tuple[str, ...] = ("Regulator opens probe of bank", "监管部门对银行展开调查"),
    **fields: Any,
) -> Change:
    """A change of an alert with its evidence."""
    chosen = rules.rule(rule)
    articles = [
        (
            scored(
                at, negative=8_000 - at, title=title, publisher=f"paper{at}.example", at=onset - HOUR // 2
            ),
            f"s{at}",
        )
        for at, title in enumerate(titles)
    ]
    line = AlertLine(
        id=alert_id(rule, chosen.version, series, onset),
        rule=rule,
        rule_version=chosen.version,
        series=series,
        state=state,
        severity=severity,
        onset=iso(onset),
        decided_at=iso(decided_at or onset + 60_000),
        observed=0.727273,
        expected=0.18,
        p_value=0.0002,
        articles=20,
        stories=11,
        publishers=9,
        article_ids=sorted(item.article.id for item, _ in articles),
    )
    window = Window(series, onset - HOUR, onset, 20, 12, 9, 11, 8, -40_000, 30_000)
    inputs = assembly.Inputs(
        line=line,
        rule=chosen,
        rules_version=rules.version,
        articles=articles,
        window=window,
        hop=msgspec.structs.replace(window, start=onset - 300_000),
        verdict=Verdict(3.7, 0.0002, 8 / 11, 0.18, 0.11, 0.25),
        threshold=2.5,
    )
    return Change(line, assembly.assemble(inputs), incident)


def decide(
    store: Store,
    settings: Settings,
    rules: RuleSet,
    *changes: Change,
    now_ms: int,
    notify_people: bool = True,
) -> int:
    """Do what the desk does in its transaction: the alert, its line, and the announcement."""
    with store.write() as connection:
        for one in changes:
            _write(connection, settings.alerts.desk, one)
        return notify.enqueue_changes(
            connection, settings, rules, changes, now_ms=now_ms, notify=notify_people
        )


def _write(connection: Connection, desk: str, one: Change) -> None:
    line = one.line
    decided = parse_iso(line.decided_at)
    upsert(
        connection,
        alerts,
        [
            {
                "desk": desk, "id": line.id, "rule": line.rule, "rule_version": line.rule_version,
                "series": line.series, "state": line.state, "severity": line.severity, "onset": parse_iso(line.onset),
                "fired_at": decided, "resolved_at": decided if line.state == "resolved" else None, "fired": True,
                "incident": one.incident, "state_data": b"",
            }
        ],
    )  # fmt: skip
    upsert(
        connection,
        alert_lines,
        [
            {
                "desk": desk, "decided_at": decided, "id": line.id, "state": line.state, "severity": line.severity,
                "line": msgspec.json.encode(line).decode(), "evidence": one.pack,
            }
        ],
    )  # fmt: skip


def rows(store: Store) -> list[Any]:
    """The outbox, oldest first."""
    with store.read() as connection:
        return list(
            connection.execute(outbox.select().order_by(outbox.c.created_at, outbox.c.channel, outbox.c.id))
        )
