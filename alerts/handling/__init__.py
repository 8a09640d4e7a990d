"""People's actions on alerts, silences, the decision to suppress, and the audit log."""

from alerts.handling.actions import acknowledge, close, dispose, resolve, unacknowledge
from alerts.handling.suppression import SuppressionReason, decide

__all__ = ["SuppressionReason", "acknowledge", "close", "decide", "dispose", "resolve", "unacknowledge"]
