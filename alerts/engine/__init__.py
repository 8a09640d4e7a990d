"""The pure state machine: scored articles in, panes, findings and alerts out."""

from alerts.engine.assembly import make_desk
from alerts.engine.desk import Desk
from alerts.engine.effects import Effects

__all__ = ["Desk", "Effects", "make_desk"]
