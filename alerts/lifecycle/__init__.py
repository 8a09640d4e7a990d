"""The life of an alert, its line, which alerts are one incident, and what an outage is proven by."""

from alerts.lifecycle.alert import Alert, Evaluation
from alerts.lifecycle.incidents import Incidents
from alerts.lifecycle.transitions import step

__all__ = ["Alert", "Evaluation", "Incidents", "step"]
