"""Negative volume: more negative stories than are expected in this hour of the week. Negative binomial, mid-p.

A burst of bad news is both: more stories than usual, and worse ones. Tested separately, each is weak where a series is
thin (6 stories where 0.5 are expected; 6 of 6 negative), while 6 negative ones where 0.1 are expected is strong. So
counts of negative stories have a baseline of their own, as those of all stories have (alerts/baselines/counts.py):
level, hours of the week, over-dispersion. A product launch that is praised is no burst here.
"""

from __future__ import annotations

from typing import ClassVar

from alerts.detectors.contract import Traits
from alerts.detectors.volume import Volume, VolumeParams
from alerts.records import Window


class NegativeVolumeParams(VolumeParams):
    """What a rule may set: the same as for `volume`; warm-up counts negative stories."""


class NegativeVolume(Volume):
    """The detector; see the module's docstring."""

    kind: ClassVar[str] = "negative_volume"
    traits: ClassVar[Traits] = Traits(learns_after_leaving=True, evaluates_early=True, negative_only=True)

    def counted(self, window: Window) -> int:
        """Number of negative stories, of a window or a hop."""
        return window.negative

    def can_count(self, window: Window) -> bool:
        """Return whether the window has a decided story."""
        return window.decided > 0
