"""What people said of earlier alerts, for the weekly fits: false-alarm budgets do not count what was true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from alerts.engine.rule_threshold import Interval


@dataclass(frozen=True, slots=True)
class AlarmFeedback:
    """Alerts that people called true."""

    true_alarms: Mapping[str, Sequence[Interval]] = field(default_factory=dict)
    """Rule id -> (series, from, to), epoch ms: fits leave them out."""
    echoes: Sequence[Interval] = ()
    """(series, from, to) of what topics told of those (alerts/thresholds/echoes.py), for all rules."""
