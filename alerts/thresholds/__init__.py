"""From a budget of false alarms a week to a threshold."""

from alerts.thresholds.fit import Fit, FitBasis
from alerts.thresholds.history import StatisticHistory, history_of

__all__ = ["Fit", "FitBasis", "StatisticHistory", "history_of"]
