"""Detectors over made-up news: windows stepped in order, and the largest statistic between two days."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import fields

from alerts.detectors import KINDS, Detector, DetectorContext, make
from alerts.records import Verdict, Window
from core.times import DAY, HOUR, MINUTE, parse_iso

START = parse_iso("2024-03-04T00:00:00Z")
WINDOW, HOP = 2 * HOUR, 30 * MINUTE
Rate = Callable[[str, int], tuple[float, float]]
"""(series, time) -> (stories an hour, share of negative ones)."""


def step_through(
    detector: Detector, series: list[str], days: float, rate: Rate, seed: int = 1
) -> dict[str, list[tuple[int, Verdict]]]:
    """Step a detector through `days` of news made by `rate`; verdicts by series, as (end, verdict)."""
    chance = random.Random(seed)
    recent: dict[str, list[tuple[int, bool, int]]] = {name: [] for name in series}
    found: dict[str, list[tuple[int, Verdict]]] = {name: [] for name in series}
    for end in range(START + HOP, START + int(days * DAY) + 1, HOP):
        for name in sorted(series):
            hourly, bad = rate(name, end)
            told, left = 0, chance.expovariate(1.0)
            while left < hourly * HOP / HOUR:
                told, left = told + 1, left + chance.expovariate(1.0)
            fresh = [(end, chance.random() < bad, chance.randrange(-1500, 1500)) for _ in range(told)]
            recent[name] = [story for story in recent[name] if story[0] > end - WINDOW] + fresh
            if recent[name] or detector.traits.detects_absence:
                window, hop = (
                    measure(name, recent[name], end - WINDOW, end),
                    measure(name, fresh, end - HOP, end),
                )
                found[name].append((end, detector.step(window, hop)))
    return found


def measure(series: str, stories: list[tuple[int, bool, int]], start: int, end: int) -> Window:
    """A window of these stories (end of the hop, negative, noise of its sentiment), each of one article."""
    values = [(-5000 if bad else 2000) + noise for _, bad, noise in stories]
    n = len(stories)
    return Window(
        series,
        start,
        end,
        n,
        n,
        n,
        n,
        sum(bad for _, bad, _ in stories),
        sum(values),
        sum(v * v for v in values),
    )


def detector(kind: str, **params: object) -> Detector:
    """A new detector without a calendar; its companies US:B0 to US:B4 are one sector."""
    sectors = dict.fromkeys([f"US:B{n}" for n in range(5)], "banks")
    calendar = {"calendar": "none"} if "calendar" in {one.name for one in fields(KINDS[kind].params)} else {}
    return make(kind, {**calendar, **params}, DetectorContext(WINDOW, HOP, sectors))


def highest(found: list[tuple[int, Verdict]], since: float, until: float) -> float:
    """The largest statistic that may fire, between two days."""
    inside = [v.statistic for end, v in found if since * DAY < end - START <= until * DAY and v.enough]
    return max(inside, default=0.0)


def rarely(found: list[tuple[int, Verdict]], since: float) -> bool:
    """From that day on hardly anything passes p = 0.001."""
    late = [v.statistic for end, v in found if end > START + since * DAY and v.enough]
    return sum(x > 3.0 for x in late) < 0.01 * len(late)
