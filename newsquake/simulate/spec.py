"""What a simulation is asked for. The same spec gives the same bytes, on every machine."""

from __future__ import annotations

from dataclasses import dataclass

from core.times import WEEK, parse_iso

FIRST_INCIDENT = 0.20
"""Share of the time before the first incident: enough history for a detector, early enough for a demo."""


@dataclass(frozen=True, slots=True)
class SimulationSpec:
    """`articles` is approximate (a few percent): how many there are is drawn, as in the world."""

    seed: int = 7
    weeks: float = 4.0
    articles: int = 5_000
    start_ms: int = parse_iso("2026-03-02T00:00:00+00:00")
    incidents: bool = True
    late: float = 0.02
    """Share of articles that become available hours after they were published."""
    resent: float = 0.005
    """Share of rows that stand in the dump twice."""
    disorder: float = 0.01
    """Share of rows that stand further down in the dump than their time says."""
    label_noise: float = 0.03
    """Share of pre-scored articles whose sentiment is wrong, as a classifier's would be."""

    def __post_init__(self) -> None:
        if self.articles < 100 or self.weeks <= 0:
            raise ValueError("a simulation needs at least 100 articles and some time: weeks > 0")

    @property
    def end_ms(self) -> int:
        """Where the simulated time ends."""
        return self.start_ms + round(self.weeks * WEEK)
