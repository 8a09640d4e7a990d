"""The kinds of detectors by name: what a rule may ask for, and how it is made.

A new kind is one entry of `KINDS`: its parameters and its class. Unknown kinds and parameters are errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from alerts.detectors.context import DetectorContext
from alerts.detectors.contract import Detector, Traits
from alerts.detectors.divergence import (
    DivergenceParams,
    LanguageDivergence,
    LanguageDivergenceParams,
    SectorDivergence,
)
from alerts.detectors.drift import Drift, DriftParams
from alerts.detectors.mean_shift import MeanShift, MeanShiftParams
from alerts.detectors.negative_share import NegativeShare, NegativeShareParams
from alerts.detectors.negative_volume import NegativeVolume, NegativeVolumeParams
from alerts.detectors.sentiment import Sentiment, SentimentParams
from alerts.detectors.silence import SilenceDetector, SilenceParams
from alerts.detectors.static import Static, StaticParams
from alerts.detectors.volume import Volume, VolumeParams
from core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of detector: its parameters (a dataclass with defaults), its class, and its metric's unit."""

    params: type
    detector: type[Detector]
    unit: str
    """Of observed, expected and the band: share (0..1), stories, negative stories, sentiment (-1..1), or metric (the
    rule's metric says which)."""
    statistic: int = 1
    """Raise it when the statistic is computed otherwise than before: it enters the versions of the rules that use this
    kind, so that thresholds fitted to the old figures are never applied to the new ones."""
    former_metric: str = ""
    """What evidence packs of earlier releases call the metric; empty where they call it as today."""

    @property
    def metric(self) -> str:
        """The only metric that a rule of this kind can have; empty where the rule says which."""
        return _METRICS.get(self.unit, "")

    @property
    def traits(self) -> Traits:
        """What the kind declares of itself."""
        return self.detector.traits


_METRICS = {
    "share": "negative_share",
    "stories": "stories",
    "negative stories": "negative_stories",
    "sentiment": "mean_sentiment",
}


KINDS: dict[str, Kind] = {
    "negative_share": Kind(NegativeShareParams, NegativeShare, "share"),
    "volume": Kind(VolumeParams, Volume, "stories"),
    "negative_volume": Kind(
        NegativeVolumeParams, NegativeVolume, "negative stories", former_metric="stories"
    ),
    "sentiment": Kind(SentimentParams, Sentiment, "sentiment"),
    "mean_shift": Kind(MeanShiftParams, MeanShift, "sentiment"),
    "drift": Kind(DriftParams, Drift, "sentiment", statistic=2),
    "silence": Kind(SilenceParams, SilenceDetector, "stories"),
    "language_divergence": Kind(LanguageDivergenceParams, LanguageDivergence, "share", statistic=2),
    "sector_divergence": Kind(DivergenceParams, SectorDivergence, "share", statistic=2),
    "static": Kind(StaticParams, Static, "metric"),
}

FIXED_THRESHOLD_KIND = "static"
"""What a rule with a threshold and without a detector means."""


def traits_of(kind: str) -> Traits:
    """Return the traits of the kind; the defaults for a kind that this release does not know.

    Evidence packs of other releases may have one.
    """
    known = KINDS.get(kind)
    return Traits() if known is None else known.traits


def make(
    kind: str, params: Mapping[str, Any] | None = None, context: DetectorContext | None = None
) -> Detector:
    """Return a new detector for all series of one rule. Raises ConfigError for an unknown kind or parameter.

    >>> make("volume", {"direction": "both"}).kind
    'volume'
    """
    known = KINDS.get(kind)
    if known is None:
        raise ConfigError(f"unknown detector {kind!r}; known: {', '.join(KINDS)}")
    names = {field.name for field in fields(known.params)}
    if wrong := sorted(set(params or {}) - names):
        raise ConfigError(
            f"detector {kind}: unknown parameter {wrong[0]!r}; known: {', '.join(sorted(names))}"
        )
    return known.detector(known.params(**(params or {})), context or DetectorContext())
