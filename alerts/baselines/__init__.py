"""What is expected of a series, learned from its past."""

from alerts.baselines.counts import Baseline
from alerts.baselines.memory import Memory

__all__ = ["Baseline", "Memory"]
