"""The line of alerts.jsonl that a change of an alert makes."""

from __future__ import annotations

from alerts.lifecycle.alert import Alert, Evaluation
from alerts.records import AlertLine, Severity, State
from core.times import iso


def round_significant(value: float | None) -> float | None:
    """Return the value with six significant digits, as lines and packs have it; None stays None.

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
    """Return the line of alerts.jsonl for a change to `state`, which `evaluation` decided.

    `article_ids`: of the window; `lateness_ms`: the allowed lateness, after which the change was decided.
    """
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
