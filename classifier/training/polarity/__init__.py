"""Made-up texts whose label follows from a thing and what happens to it: training for the meaning of change."""

from classifier.training.polarity.generate import generate
from classifier.training.polarity.rows import SPLITS, Role, Row

__all__ = ["SPLITS", "Role", "Row", "generate"]
