"""The rhythm of a market: which share of the week's stories each hour of the week has."""

from __future__ import annotations

from array import array

from alerts.baselines.calendar import HOURS_OF_WEEK

PRIOR_DAY = 5.0
"""Stories after which an hour of the day weighs as much as a flat day, and one of working days or weekends as that."""
PRIOR_HOUR = 20.0
"""Stories after which an hour of one weekday weighs as much as that hour of all working days."""
DOUBT_DAYS = 2.0
"""One day with data weighs so much against not knowing an hour's rhythm at all (a relative variance of 1)."""


def learn_rhythm(
    stories: array[float], hours: array[float], at_slow: float
) -> tuple[array[float], array[float], float]:
    """Return (rhythm, doubt, hours weighted by rhythm) from stories and live hours by hour of the week (168 each).

    Both are weighted; `at_slow` is the weight of now. Rhythm: a factor by hour, 1 on average. Doubt: how unsure
    each is, the relative variance that days without data yet leave in it (0..1).
    """
    exposure = sum(hours)
    mean = (sum(stories) + 1e-9) / (exposure + 1e-9)
    prior_day, prior = PRIOR_DAY * at_slow, PRIOR_HOUR * at_slow
    rhythm = [0.0] * HOURS_OF_WEEK
    doubt = [0.0] * HOURS_OF_WEEK
    # From coarse to fine, each shrunk to the one before: hour of the day, of working days or weekends, of the week.
    for hour_of_day in range(24):
        daily = _rate(stories, hours, range(hour_of_day, HOURS_OF_WEEK, 24), prior_day, mean)
        for first, last in ((0, 120), (120, HOURS_OF_WEEK)):
            bins = range(first + hour_of_day, last, 24)
            usual = _rate(stories, hours, bins, prior_day, daily)
            days = sum([hours[b] for b in bins]) / at_slow
            for b in bins:
                doubt[b] = 1.0 / (1.0 + DOUBT_DAYS * days)
                rhythm[b] = usual / mean * (prior + stories[b]) / (prior + hours[b] * usual)
    weighted = sum([r * e for r, e in zip(rhythm, hours, strict=True)])
    norm = exposure / weighted if weighted > 0.0 else 1.0
    return array("d", [r * norm for r in rhythm]), array("d", doubt), weighted * norm


def _rate(stories: array[float], hours: array[float], bins: range, prior: float, usual: float) -> float:
    """Return the stories an hour in these bins, shrunk to `usual` with the weight of `prior` stories."""
    n, e = sum([stories[b] for b in bins]), sum([hours[b] for b in bins])
    return usual * (prior + n) / (prior + e * usual)
