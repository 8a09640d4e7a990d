"""Made-up texts whose label follows from a thing and what happens to it: training for the meaning of change."""

from classifier.training.polarity.generate import generate
from classifier.training.polarity.rows import SPLITS, PolarityRow, Role

__all__ = ["SPLITS", "PolarityRow", "Role", "generate"]
