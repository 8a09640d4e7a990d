"""The evidence pack of an alert, and the sentences and names in which it is shown."""

from alerts.evidence.assembly import Inputs, assemble
from alerts.evidence.schema import Pack, load

__all__ = ["Inputs", "Pack", "assemble", "load"]
