"""Negative volume: more negative stories than this hour of the week lets expect. Negative binomial, mid-p.

A burst of bad news is both: more stories than usual, and worse ones. Tested one by one each half is weak where a
series is thin (six stories instead of a half; six of six negative), while six negative ones instead of a tenth are
not. So counts of negative stories get a baseline of their own, as those of all stories have
(alerts/baselines/counts.py): level, hours of the week, over-dispersion. A launch that everybody praises is no burst
here.
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
        """Its negative stories."""
        return window.negative

    def telling(self, window: Window) -> bool:
        """Whether any of its stories was decided."""
        return window.decided > 0
