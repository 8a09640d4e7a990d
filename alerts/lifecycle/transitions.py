"""The life of an alert, the pure part: pending -> firing -> resolved, and a severity that only rises.

What people and clocks do with an alert (acknowledge, silence, inhibit, escalate) is kept apart:
alerts/handling/actions.py. An id is the hash of rule, rule version, series and the end of the first breaching pane:
never revised.

    no alert --breach--> pending --breaches for `hold`--> firing --calm for `resolve_after`--> resolved
                            `--one evaluation without breach--> gone, as if it never was
Calm is a statistic below `resolve_below` × threshold (hysteresis), or too little evidence (of a detector that remembers
beyond its window: nothing at all in it); a series that nobody was reading is neither: the alert stays as it
is. Severity follows the worst statistic so far, and never falls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.lifecycle.alert import Alert as Alert
from alerts.lifecycle.alert import Began as Began
from alerts.lifecycle.alert import Evaluation as Evaluation
from alerts.records import AlertLine, Severity, State
from core.ids import digest
from core.times import iso

if TYPE_CHECKING:
    from alerts.rules.model import Rule

SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")


def alert_id(rule: str, version: str, series: str, onset: int) -> str:
    """The id of a window rule's alert."""
    return digest("alert", rule, version, series, str(onset))


def immediate_id(rule: str, version: str, article: str, revision: str) -> str:
    """The id of an immediate rule's alert."""
    return digest("immediate", rule, version, article, revision)


def step(
    rule: Rule, series: str, alert: Alert | None, evaluation: Evaluation
) -> tuple[Alert | None, list[State]]:
    """The alert after this evaluation (None: there is none), and the changes that make lines, in order.

    `alert` is changed in place. A change is named by the state it leads to; a rise of severity is "firing" again.
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
    _raise(alert, evaluation, severity)
    if evaluation.at < alert.onset + rule.hold_ms:
        alert.due = alert.onset + rule.hold_ms
        return alert, []
    alert.state, alert.fired_at, alert.due = "firing", evaluation.at, None
    return alert, ["pending", "firing"] if evaluation.at > alert.onset else ["firing"]


def _firing(
    rule: Rule, alert: Alert, evaluation: Evaluation, severity: Severity | None
) -> tuple[Alert, list[State]]:
    changes: list[State] = []
    if severity is not None and _raise(alert, evaluation, severity):
        changes.append("firing")
    calm = evaluation.calm(rule.resolve_below)
    if calm is None:
        return alert, changes
    if not calm:
        alert.calm_since = alert.due = None
        return alert, changes
    if alert.calm_since is None:
        alert.calm_since = evaluation.at
    if evaluation.at < alert.calm_since + rule.resolve_after_ms:
        alert.due = alert.calm_since + rule.resolve_after_ms
        return alert, changes
    alert.state, alert.resolved_at, alert.due = "resolved", evaluation.at, None
    return alert, [*changes, "resolved"]


def _raise(alert: Alert, evaluation: Evaluation, severity: Severity) -> bool:
    alert.worst = max(alert.worst, evaluation.verdict.statistic)
    if SEVERITIES.index(severity) <= SEVERITIES.index(alert.severity):
        return False
    alert.severity = severity
    return True


def round_significant(value: float | None) -> float | None:
    """Six significant digits.

    >>> round_significant(1 / 3), round_significant(None)
    (0.333333, None)
    """
    return None if value is None else float(f"{value:.6g}")


def line_of(
    alert: Alert,
    state: State,
    severity: Severity,
    evaluation: Evaluation,
    article_ids: list[str],
    lateness_ms: int,
) -> AlertLine:
    """The line of alerts.jsonl for a change to `state`, which `evaluation` decided."""
    return AlertLine(
        id=alert.id,
        rule=alert.rule,
        rule_version=alert.rule_version,
        series=alert.series,
        state=state,
        severity=severity,
        onset=iso(alert.onset),
        decided_at=iso(evaluation.at + lateness_ms),
        observed=round_significant(evaluation.verdict.observed),
        expected=round_significant(evaluation.verdict.expected),
        p_value=round_significant(evaluation.verdict.p_value),
        articles=evaluation.window.articles,
        stories=evaluation.window.stories,
        publishers=evaluation.window.publishers,
        article_ids=article_ids,
    )
