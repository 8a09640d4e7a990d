"""Which alerts people called true, and what topics published of those, for the next weekly fit."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, select

from alerts.engine.feedback import AlarmFeedback
from alerts.engine.rule_runner import RuleRunner
from alerts.thresholds.echoes import Alarm, articles_in_store, echoes
from core import tables


def true_alarms(connection: Connection, desk: str) -> dict[str, list[Alarm]]:
    """Return rule id -> (series, from, to), epoch ms, of alerts that people called true, by onset and id."""
    alerts, handling = tables.alerts.c, tables.handling.c
    query = (
        select(alerts.rule, alerts.series, alerts.onset, alerts.resolved_at)
        .join(tables.handling, and_(handling.desk == alerts.desk, handling.id == alerts.id))
        .where(alerts.desk == desk, handling.disposition == "true")
        .order_by(alerts.onset, alerts.id)
    )
    found: dict[str, list[Alarm]] = {}
    for rule, series, onset, resolved_at in connection.execute(query):
        found.setdefault(rule, []).append((series, onset, resolved_at or onset))
    return found


class FeedbackReader:
    """Reads what people said of alerts; remembers echoes of alarms that it has asked the store for."""

    def __init__(self) -> None:
        self._echoes: dict[tuple[str, Alarm], list[Alarm]] = {}

    def read(self, connection: Connection, desk: str, runners: Sequence[RuleRunner]) -> AlarmFeedback:
        """Return the desk's true alarms with their echoes. Raises StoreUnavailable."""
        alarms = true_alarms(connection, desk)
        windows = {runner.rule.id: runner.window_ms for runner in runners}
        within, known = articles_in_store(connection, desk), self._echoes
        # Echoes of an alarm that has ended do not change. On a busy desk each question about the whole market takes a
        # second or two, while other writers wait.
        self._echoes = {
            (rule, alarm): known[rule, alarm]
            if (rule, alarm) in known
            else echoes({rule: [alarm]}, windows, within)
            for rule, intervals in alarms.items()
            for alarm in intervals
        }
        return AlarmFeedback(alarms, [echo for found in self._echoes.values() for echo in found])
