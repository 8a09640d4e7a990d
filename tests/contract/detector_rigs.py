"""What the contract suite must know of each kind of detector: an incident that it has to notice. One rig a kind."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from alerts.records import Window
from core.times import DAY, HOUR, MINUTE, parse_iso

HOP, WINDOW = 15 * MINUTE, 2 * HOUR
START = parse_iso("2024-03-04T00:00:00Z")
COMPANY, IN_ENGLISH = "entity:US:AAA", "topic:energy@en"
SERIES = [COMPANY, "entity:US:BBB", "entity:US:CCC", IN_ENGLISH, "topic:energy@zh"]
Story = tuple[int, bool, int]
"""(end of its hop, negative, sentiment in 1/10,000)"""
News = dict[str, list[Story]]
"""Series -> its stories, in order of time."""


@dataclass(frozen=True)
class Rig:
    """An incident that the kind, with its default parameters, has to notice.

    `change` takes the stories of the incident's time and gives them as the incident makes them; it lasts for the last
    `incident_days` of `days`, on `series` alone.
    """

    change: Callable[[list[Story]], list[Story]]
    series: str = COMPANY
    days: float = 16.0
    incident_days: float = 1.0
    unread_time_is_state: bool = False
    """The detector keeps how long nobody read the series' sources."""

    def news(self) -> News:
        """Usual news, then the incident on one of the series."""
        told = news(self.days, seed=5, a_day=120.0)
        since = START + round((self.days - self.incident_days) * DAY)
        before = [story for story in told[self.series] if story[0] <= since]
        told[self.series] = before + self.change([story for story in told[self.series] if story[0] > since])
        return told


def all_negative(stories: list[Story]) -> list[Story]:
    """The same stories, each of them bad news."""
    return [(end, True, -6_000) for end, _, _ in stories]


def six_times_as_many(stories: list[Story]) -> list[Story]:
    """The same mood, six times the stories."""
    return [story for story in stories for _ in range(6)]


def none(stories: list[Story]) -> list[Story]:
    """No story at all."""
    return []


RIGS: Mapping[str, Rig] = {
    "negative_share": Rig(all_negative),
    "volume": Rig(six_times_as_many, unread_time_is_state=True),
    "negative_volume": Rig(all_negative, unread_time_is_state=True),
    "sentiment": Rig(all_negative),
    "mean_shift": Rig(all_negative),
    "drift": Rig(all_negative, days=35.0, incident_days=6.0),
    "silence": Rig(none, incident_days=2.0),
    "language_divergence": Rig(all_negative, series=IN_ENGLISH, days=15.5, incident_days=0.25),
    "sector_divergence": Rig(all_negative, days=15.5, incident_days=0.25),
    "static": Rig(all_negative),
}


def news(days: float, seed: int = 1, a_day: float = 60.0, bad: float = 0.25) -> News:
    """Stories of each series, by the hop in which they came; nights are quiet."""
    chance = random.Random(seed)
    told: News = {}
    for series in SERIES:
        mine = told[series] = []
        for end in range(START + HOP, START + int(days * DAY) + 1, HOP):
            busy = 1.7 if 8 <= (end // HOUR) % 24 < 20 else 0.3
            left = busy * a_day * HOP / DAY
            while (left := left - chance.expovariate(1.0)) > 0:
                negative = chance.random() < bad
                mine.append((end, negative, -6000 if negative else chance.randrange(-2000, 6000)))
    return told


def measure(series: str, stories: list[Story], start: int, end: int, observed: bool = True) -> Window:
    """The window [start, end) of a series with these stories, each of one article."""
    inside = [story for story in stories if start < story[0] <= end]
    values = [story[2] for story in inside]
    n = len(inside)
    negative = sum(story[1] for story in inside)
    squares = sum(value * value for value in values)
    return Window(series, start, end, n, n, min(n, 3), n, negative, sum(values), squares, observed)


def steps(told: News, empty: bool = False) -> Iterable[tuple[Window, Window]]:
    """(window, hop) in order of time and series; windows without any data only where `empty`."""
    last = max(story[0] for stories in told.values() for story in stories) + WINDOW
    recent: News = {series: [] for series in told}
    at = dict.fromkeys(told, 0)
    for end in range(START + HOP, last + 1, HOP):
        for series in sorted(told):
            stories = told[series]
            while at[series] < len(stories) and stories[at[series]][0] <= end:
                recent[series].append(stories[at[series]])
                at[series] += 1
            recent[series] = [story for story in recent[series] if story[0] > end - WINDOW]
            if recent[series] or empty:
                window = measure(series, recent[series], end - WINDOW, end)
                yield window, measure(series, recent[series], end - HOP, end)
