"""Outages: the health that sources report, made into alerts that are never market alerts.

A source's Health records are in one partition, so in order; each is judged when it arrives, by its own time alone. So
batches, crashes and the order of partitions cannot matter, and no watermark is waited for: an outage is reported also
while event time stands still. A record that comes again (its time is known) is dropped.

    silent or broken -> pending -> so for `hold` -> firing -> over for `resolve_after` -> resolved
                           `any other status before that -> dropped, no line is written
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from alerts.engine.effects import Change, Effects
from alerts.lifecycle.alert import Alert
from alerts.lifecycle.alert_line import round_significant
from alerts.lifecycle.outage_proof import proof_of
from alerts.records import AlertLine, State
from alerts.rules.outage_rule import OUTAGE_PREFIX, OutageRule
from core.ids import digest
from core.records import Health
from core.times import iso


def outage_id(rule: str, version: str, series: str, onset: int) -> str:
    """Return the id of an outage's alert: a hash in hexadecimal. `onset`: the time of its first record (epoch ms)."""
    return digest("outage", rule, version, series, str(onset))


class Outages:
    """The open alerts of the outage rules, and the time of each source's newest health record."""

    def __init__(self, rules: tuple[OutageRule, ...]) -> None:
        self._rules = rules
        self._newest: dict[str, int] = {}
        self._open: dict[tuple[str, str], Alert] = {}

    def on_health(self, health: Health, effects: Effects) -> None:
        """Judge one record; add changes of alerts to `effects`. A record no newer than its source's last is dropped."""
        if health.at <= self._newest.get(health.source, -1):
            return
        self._newest[health.source] = health.at
        for rule in self._rules:
            if rule.matches(health.source):
                self._step(rule, health, effects)

    def _step(self, rule: OutageRule, health: Health, effects: Effects) -> None:
        key = (_key(rule), health.source)
        alert = self._open.get(key)
        if alert is None:
            if not rule.breach(health):
                return
            series = OUTAGE_PREFIX + health.source
            alert = Alert(
                id=outage_id(rule.id, rule.version, series, health.at),
                rule=rule.id,
                rule_version=rule.version,
                series=series,
                state="pending",
                severity=rule.level,
                onset=health.at,
            )
            self._open[key] = alert
        if alert.state == "pending" and not rule.breach(health):
            del self._open[key]
            effects.alerts.pop(alert.id, None)
            effects.gone.add(alert.id)
            return
        effects.alerts[alert.id] = alert
        if alert.state == "pending":
            self._pending(rule, alert, health, effects)
        else:
            self._firing(rule, alert, health, effects)
            if alert.state == "resolved":
                del self._open[key]

    def _pending(self, rule: OutageRule, alert: Alert, health: Health, effects: Effects) -> None:
        if health.at < alert.onset + rule.hold_ms:
            return
        alert.state, alert.fired_at = "firing", health.at
        if health.at > alert.onset:
            _change(alert, "pending", alert.onset, health, effects)
        _change(alert, "firing", health.at, health, effects)

    def _firing(self, rule: OutageRule, alert: Alert, health: Health, effects: Effects) -> None:
        if not rule.over(health):
            alert.resolving_since = None
            return
        if alert.resolving_since is None:
            alert.resolving_since = health.at
        if health.at >= alert.resolving_since + rule.resolve_after_ms:
            alert.state, alert.resolved_at = "resolved", health.at
            _change(alert, "resolved", health.at, health, effects)

    def dump(self) -> Mapping[str, Any]:
        """Return the state as msgpack can carry it; it is stored with the desk's."""
        return {
            "heard": self._newest,
            "open": [
                [rule, source, msgspec.msgpack.encode(alert)]
                for (rule, source), alert in sorted(self._open.items())
            ],
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Restore what `dump` returned, without alerts of removed rules: alerts/storage/retire.py ends those."""
        known = {_key(rule) for rule in self._rules}
        self._newest = dict(state.get("heard", {}))
        self._open = {
            (rule, source): msgspec.msgpack.decode(alert, type=Alert)
            for rule, source, alert in state.get("open", [])
            if rule in known
        }


def _key(rule: OutageRule) -> str:
    return f"{rule.id}@{rule.version}"


def _change(alert: Alert, state: State, decided_at: int, health: Health, effects: Effects) -> None:
    proof = proof_of(health, alert.resolving_since)
    line = AlertLine(
        id=alert.id,
        rule=alert.rule,
        rule_version=alert.rule_version,
        series=alert.series,
        state=state,
        severity=alert.severity,
        onset=iso(alert.onset),
        decided_at=iso(decided_at),
        observed=round_significant(proof.observed),
        expected=round_significant(proof.expected),
        p_value=round_significant(proof.p_value),
        articles=proof.items,
        stories=0,
        publishers=0,
        article_ids=proof.samples,
    )
    effects.changes.append(Change(line, decided_at, "", None, None, [], proof=proof))
