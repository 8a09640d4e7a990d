"""What a detector gets beside its parameters, and its answer where nothing was observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alerts.records import Verdict
from core.times import HOUR, MINUTE


@dataclass(frozen=True, slots=True)
class DetectorContext:
    """The rule's grid, and what groups its series."""

    window_ms: int = HOUR
    hop_ms: int = 5 * MINUTE
    sectors: Mapping[str, str] = field(default_factory=dict)
    """Company (`US:JPM`) -> sector, for kinds with the trait `by_sector`. A company without one is not compared."""


NOT_OBSERVED = Verdict(0.0, enough=False, why="none of its sources was being read")
