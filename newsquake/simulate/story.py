"""A simulated story: one event, whose facts all articles about it share."""

from __future__ import annotations

from collections.abc import Callable

from newsquake.simulate.facts import FACTS
from newsquake.simulate.kinds import EventKind
from newsquake.simulate.world import Company, Pair


class SimulatedStory:
    """One thing that happened. Its facts are drawn when first needed and stay."""

    __slots__ = ("bits", "company", "draw", "facts", "kind", "month", "number")

    def __init__(
        self,
        draw: Callable[[], float],
        number: int,
        kind: EventKind,
        company: Company | None,
        month: int,
        facts: dict[str, Pair] | None = None,
    ) -> None:
        self.draw: Callable[[], float] = draw
        """Uniform in [0, 1)."""
        self.number = number
        self.kind = kind
        self.company = company
        self.month = month
        self.facts: dict[str, Pair] = facts if facts is not None else {}
        self.bits = -1

    def fact(self, name: str) -> Pair:
        """The fact in both languages."""
        value = self.facts.get(name)
        if value is None:
            value = self.facts[name] = FACTS[name](self)
        return value
