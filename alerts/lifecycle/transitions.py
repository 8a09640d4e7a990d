"""The life of an alert, the pure part: pending -> firing -> resolved, and a severity that only rises.

What people and clocks do with an alert (acknowledge, silence, inhibit, escalate) is kept apart:
alerts/handling/actions.py.

    no alert --breach--> pending --breaches for `hold`--> firing --resolves for `resolve_after`--> resolved
                            `--one evaluation without breach--> gone, as if it never was
An evaluation resolves where its statistic is below `resolve_below` × threshold (hysteresis), or its evidence too little
(of a detector that remembers beyond its window: nothing at all in it); of a series that nobody was reading it says
nothing: the alert stays as it is. Severity follows the worst statistic so far, and never falls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.lifecycle.alert import Alert, Evaluation, alert_id
from alerts.records import SEVERITIES, Severity, State

if TYPE_CHECKING:
    from alerts.rules.model import Rule


def step(
    rule: Rule, series: str, alert: Alert | None, evaluation: Evaluation
) -> tuple[Alert | None, list[State]]:
    """Return (the alert after this evaluation, or None; the changes that make lines, in order).

    `alert`, the series' open alert, is changed in place. A change is named by the state that it leads to; a rise of
    severity is "firing" again.
    """
    severity = (
        rule.severity(evaluation.verdict.statistic, evaluation.threshold) if evaluation.breach else None
    )
    if alert is None:
        if severity is None:
            return None, []
        alert = Alert(
            id=alert_id(rule.id, rule.version, series, evaluation.at),
            rule=rule.id,
            rule_version=rule.version,
            series=series,
            state="pending",
            severity=severity,
            onset=evaluation.at,
        )
    if alert.state == "pending":
        return _pending(rule, alert, evaluation, severity)
    return _firing(rule, alert, evaluation, severity)


def _pending(
    rule: Rule, alert: Alert, evaluation: Evaluation, severity: Severity | None
) -> tuple[Alert | None, list[State]]:
    if severity is None:
        if not evaluation.window.observed:  # nobody was reading: neither a breach nor its end
            return alert, []
        return None, []
    _raise_severity(alert, evaluation, severity)
    if evaluation.at < alert.onset + rule.hold_ms:
        alert.due = alert.onset + rule.hold_ms
        return alert, []
    alert.state, alert.fired_at, alert.due = "firing", evaluation.at, None
    return alert, ["pending", "firing"] if evaluation.at > alert.onset else ["firing"]


def _firing(
    rule: Rule, alert: Alert, evaluation: Evaluation, severity: Severity | None
) -> tuple[Alert, list[State]]:
    changes: list[State] = []
    if severity is not None and _raise_severity(alert, evaluation, severity):
        changes.append("firing")
    resolves = evaluation.resolves(rule.resolve_below)
    if resolves is None:
        return alert, changes
    if not resolves:
        alert.resolving_since = alert.due = None
        return alert, changes
    if alert.resolving_since is None:
        alert.resolving_since = evaluation.at
    if evaluation.at < alert.resolving_since + rule.resolve_after_ms:
        alert.due = alert.resolving_since + rule.resolve_after_ms
        return alert, changes
    alert.state, alert.resolved_at, alert.due = "resolved", evaluation.at, None
    return alert, [*changes, "resolved"]


def _raise_severity(alert: Alert, evaluation: Evaluation, severity: Severity) -> bool:
    alert.worst = max(alert.worst, evaluation.verdict.statistic)
    if SEVERITIES.index(severity) <= SEVERITIES.index(alert.severity):
        return False
    alert.severity = severity
    return True
