"""What a person did, written to the store: the only things the dashboard writes.

Alerts are handled by the alerts room's own functions, which ask for a reason and keep the audit log in the same
transaction. Errors: ConfigError (what is asked makes no sense: a person must act), StoreUnavailable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.handling import actions as handling
from alerts.handling import audit, silences
from core.clock import SystemClock
from core.store import Store
from core.tables import feedback

DISPOSITIONS = handling.DISPOSITIONS


def acknowledge(store: Store, desk: str, alert: str, *, actor: str, reason: str) -> None:
    """Acknowledge the alert until it clears."""
    with store.write() as connection:
        handling.acknowledge(connection, desk, alert, actor=actor, reason=reason, now_ms=now_ms())


def unacknowledge(store: Store, desk: str, alert: str, *, actor: str, reason: str) -> None:
    """Take the acknowledgement back."""
    with store.write() as connection:
        handling.unacknowledge(connection, desk, alert, actor=actor, reason=reason, now_ms=now_ms())


def dispose(store: Store, desk: str, alert: str, disposition: str, *, actor: str, reason: str) -> None:
    """Judge the alert: true | false | duplicate | known."""
    with store.write() as connection:
        handling.dispose(connection, desk, alert, disposition, actor=actor, reason=reason, now_ms=now_ms())


def close(store: Store, desk: str, alert: str, disposition: str, *, actor: str, reason: str) -> None:
    """Close the alert by hand, and judge it where `disposition` is not empty."""
    said: dict[str, Any] = {"actor": actor, "reason": reason, "now_ms": now_ms()}
    with store.write() as connection:
        if disposition:
            handling.resolve(connection, desk, alert, disposition, **said)
        else:
            handling.close(connection, desk, alert, **said)


def silence(
    store: Store, desk: str, matchers: Mapping[str, str], for_ms: int, *, actor: str, reason: str
) -> None:
    """For `for_ms` of wall time from now, alerts that match (rule, series, severity, alert) notify nobody."""
    now = now_ms()
    with store.write() as connection:
        silences.add(
            connection, desk, matchers, starts_at=now, ends_at=now + for_ms, reason=reason, author=actor,
            now_ms=now,
        )  # fmt: skip


def end_silence(store: Store, desk: str, ident: str, *, actor: str) -> None:
    """End a silence now."""
    with store.write() as connection:
        silences.expire(connection, desk, ident, actor=actor, now_ms=now_ms())


def give_feedback(
    store: Store, desk: str, *, actor: str, article: str, revision: str, said: dict[str, str], reason: str
) -> None:
    """Record what a person says the labels of an article should be: field (sentiment | topic) -> value."""
    now = now_ms()
    with store.write() as connection:
        for field, value in said.items():
            row = {
                "article_id": article,
                "revision": revision,
                "field": field,
                "value": value,
                "reason": reason,
            }
            connection.execute(feedback.insert().values(at=now, actor=actor, **row))
        audit.append(
            connection, at=now, desk=desk, actor=actor, action="article.feedback", subject=article,
            detail={**said, "reason": reason},
        )  # fmt: skip


def now_ms() -> int:
    """Wall time: people act in it, also on a replay of the past."""
    return SystemClock().now_ms()
