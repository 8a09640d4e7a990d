"""Panes, the windows added up from them, and the series that they belong to."""

from alerts.windows.observations import Observation
from alerts.windows.recent_panes import RecentPanes

__all__ = ["Observation", "RecentPanes"]
