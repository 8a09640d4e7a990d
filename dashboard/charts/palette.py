"""Colours: safe for the colour-blind by default; Western and Chinese markets read red and green the other way round.

Blue and orange (Okabe-Ito) are told apart under all common colour-vision deficiencies, and in grey by lightness.
"""

from __future__ import annotations

from dataclasses import dataclass

NA = "#9aa0a6"
"""Not enough evidence; drawn faint."""

ACCENT = "#4c78a8"
SEVERITIES = {"low": "#8a8f98", "medium": "#e69f00", "high": "#d55e00", "critical": "#c2337a"}
SEVERITY_ORDER = ("critical", "high", "medium", "low")


@dataclass(frozen=True)
class Palette:
    """What good and bad news look like."""

    title: str
    negative: str
    positive: str

    def diverging(self, dark: bool) -> list[str]:
        """Five colours from negative over neutral to positive."""
        middle = "#31363f" if dark else "#f3f3f1"
        return [
            self.negative,
            _mix(self.negative, middle),
            middle,
            _mix(self.positive, middle),
            self.positive,
        ]


PALETTES = {
    "safe": Palette("Colour-blind safe: blue ▲ orange ▼", "#d55e00", "#0072b2"),
    "western": Palette("Green ▲ red ▼", "#c62f2d", "#1a8f4c"),
    "china": Palette("Red ▲ green ▼ (China)", "#1a8f4c", "#c62f2d"),
}


def _mix(one: str, other: str) -> str:
    """The colour half way between two `#rrggbb`."""
    pairs = ((int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{(a + b) // 2:02x}" for a, b in pairs)
