"""The detectors by kind, each in a file of its own; `make("volume", {"direction": "up"}, context)` builds one."""

from alerts.detectors.context import DetectorContext
from alerts.detectors.contract import Detector, Traits
from alerts.detectors.registry import KINDS, Kind, make, traits_of

__all__ = ["KINDS", "Detector", "DetectorContext", "Kind", "Traits", "make", "traits_of"]
