"""`newsquake detect`: anomalies in any series of times and values. Imports nothing of alerts."""

from detect.detector import StreamDetector
from detect.scoring import score

__all__ = ["StreamDetector", "score"]
