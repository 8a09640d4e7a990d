"""The detectors by kind: `make("volume", {"direction": "up"}, DetectorContext(window_ms, hop_ms))`; docs/detectors.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from alerts.detectors.base import Detector
from alerts.detectors.context import DetectorContext
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
from alerts.detectors.silence import Silence, SilenceParams
from alerts.detectors.static import Static, StaticParams
from alerts.detectors.volume import Volume, VolumeParams
from core.errors import ConfigError

__all__ = ["KINDS", "Detector", "DetectorContext", "Kind", "make"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of detector: its parameters (a dataclass with defaults), how it is made, and its metric's unit."""

    params: type
    build: Callable[[Any, DetectorContext], Detector]
    unit: str
    """Of observed, expected and the band: share (0..1), stories, negative stories, sentiment (-1..1), or the
    rule's metric."""
    statistic: int = 1
    """Raise it when the statistic is computed otherwise than before: it enters the versions of the rules that use this
    kind, so that thresholds fitted to the old figures are never held against the new ones."""

    @property
    def metric(self) -> str:
        """The only metric that a rule of this kind can speak of; empty where the rule says which."""
        return _METRICS.get(self.unit, "")


_METRICS = {
    "share": "negative_share",
    "stories": "stories",
    "negative stories": "negative_stories",
    "sentiment": "mean_sentiment",
}


KINDS: dict[str, Kind] = {
    "negative_share": Kind(NegativeShareParams, NegativeShare, "share"),
    "volume": Kind(VolumeParams, Volume, "stories"),
    "negative_volume": Kind(NegativeVolumeParams, NegativeVolume, "negative stories"),
    "sentiment": Kind(SentimentParams, Sentiment, "sentiment"),
    "mean_shift": Kind(MeanShiftParams, MeanShift, "sentiment"),
    "drift": Kind(DriftParams, Drift, "sentiment", statistic=2),
    "silence": Kind(SilenceParams, Silence, "stories"),
    "language_divergence": Kind(LanguageDivergenceParams, LanguageDivergence, "share", statistic=2),
    "sector_divergence": Kind(DivergenceParams, SectorDivergence, "share", statistic=2),
    "static": Kind(StaticParams, Static, "metric"),
}


def make(
    kind: str, params: Mapping[str, Any] | None = None, context: DetectorContext | None = None
) -> Detector:
    """A new detector for all series of one rule. Raises ConfigError for an unknown kind or parameter.

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
    return known.build(known.params(**(params or {})), context or DetectorContext())
