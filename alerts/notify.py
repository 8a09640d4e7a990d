"""From a change of an alert to rows of the outbox, in the transaction that decided the change.

Who hears follows from the rule's route; whether anybody hears follows from people and clocks (silences,
maintenance, inhibition, acknowledgement: alerts/handling.py). What is not sent is kept as `withheld`, with
the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from alerts import outbox
from alerts.records import AlertLine, Severity
from alerts.rules import RuleSet


def channels_of(rules: RuleSet, rule: str, severity: Severity, configured: Sequence[str]) -> list[str]:
    """The configured channels that hear of an alert of this rule and severity."""
    try:
        wanted = rules.rule(rule).channels(severity)
    except KeyError:  # the rule is gone from the file; its alert still resolves
        routes = rules.file.notify.route
        wanted = tuple(routes.get(severity, routes.get("default", ["*"])))
    return [name for name in configured if name in wanted or "*" in wanted]


def tell(
    connection: Connection,
    *,
    desk: str,
    rules: RuleSet,
    line: AlertLine,
    pack: bytes,
    channels: Sequence[str],
    now_ms: int,
    notify: bool = True,
) -> int:
    """Enqueue what `line` says for every channel of its route; returns how many rows were new.

    `pack` is the evidence (alerts/evidence.py), `channels` the configured channels' names. With `notify`
    false (a replay) the rows are withheld.
    """
    payload: dict[str, Any] = {"alert": line, "evidence": pack.decode() if pack else ""}
    return outbox.enqueue(
        connection,
        desk=desk,
        alert_id=line.id,
        event=line.state,
        mark=f"{line.state}/{line.severity}",
        payload=payload,
        channels=channels_of(rules, line.rule, line.severity, channels),
        now_ms=now_ms,
        withheld="" if notify else "replay: nobody is notified (use --notify)",
    )
