"""What each detector is for: found when it is there, quiet when it is not."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from alerts.detectors import Detector, DetectorContext, make
from alerts.records import Verdict, Window
from core.times import DAY, HOUR, MINUTE, parse_iso

START = parse_iso("2024-03-04T00:00:00Z")
WINDOW, HOP = 2 * HOUR, 30 * MINUTE
Rate = Callable[[str, int], tuple[float, float]]
"""(series, time) -> (stories an hour, share of negative ones)."""


def watch(
    detector: Detector, series: list[str], days: float, rate: Rate, seed: int = 1
) -> dict[str, list[tuple[int, Verdict]]]:
    """Let a detector see `days` of news made by `rate`; verdicts by series, as (end, verdict)."""
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
            if recent[name] or detector.kind == "silence":
                window, hop = (
                    measure(name, recent[name], end - WINDOW, end),
                    measure(name, fresh, end - HOP, end),
                )
                found[name].append((end, detector.step(window, hop)))
    return found


def measure(series: str, stories: list[tuple[int, bool, int]], start: int, end: int) -> Window:
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
    sectors = dict.fromkeys([f"US:B{n}" for n in range(5)], "banks")
    return make(kind, {"calendar": "none", **params}, DetectorContext(WINDOW, HOP, sectors))


def highest(found: list[tuple[int, Verdict]], since: float, until: float) -> float:
    """The largest statistic that may fire, between two days."""
    inside = [v.statistic for end, v in found if since * DAY < end - START <= until * DAY and v.enough]
    return max(inside, default=0.0)


def steady(_: str, at: int) -> tuple[float, float]:
    return 4.0, 0.2


def test_a_surge_of_bad_news_is_seen_within_two_hops_of_enough_evidence() -> None:
    found = watch(
        detector("negative_share"),
        ["a", "b"],
        15,
        lambda s, at: (5.0, 0.9 if s == "a" and at > START + 14 * DAY else 0.2),
    )
    first = next(end for end, v in found["a"] if end > START + 14 * DAY and v.enough and v.statistic > 3.0)
    assert first - (START + 14 * DAY) <= 3 * HOUR
    assert highest(found["a"], 3, 14) < 4.0 and highest(found["b"], 3, 15) < 4.0


def test_a_burst_is_seen_and_a_busy_day_after_a_quiet_night_is_not() -> None:
    def rate(series: str, at: int) -> tuple[float, float]:
        awake = 6.0 if 8 <= (at // HOUR) % 24 < 20 else 0.5
        return (awake * 5 if at > START + 20 * DAY + 12 * HOUR else awake), 0.2

    found = watch(detector("volume"), ["a"], 20.7, rate)
    assert highest(found["a"], 7, 20.5) < 4.2 < 5.0 < highest(found["a"], 20.5, 20.7)


def test_a_jump_to_a_new_normal_fires_and_then_stops_firing() -> None:
    found = watch(
        detector("volume", memory_days=7),
        ["a", "b"],
        60,
        lambda s, at: (12.0 if s == "a" and at > START + 21 * DAY else 3.0, 0.2),
    )
    assert highest(found["a"], 21, 22) > 4.0 and rarely(found["a"], 45)
    shares = watch(
        detector("negative_share", memory_days=7),
        ["a", "b"],
        60,
        lambda s, at: (4.0, 0.7 if s == "a" and at > START + 21 * DAY else 0.2),
    )
    assert highest(shares["a"], 21, 23) > 3.0
    assert rarely(shares["a"], 45)


def rarely(found: list[tuple[int, Verdict]], since: float) -> bool:
    """From that day on hardly anything passes p = 0.001."""
    late = [v.statistic for end, v in found if end > START + since * DAY and v.enough]
    return sum(x > 3.0 for x in late) < 0.01 * len(late)


def test_an_incident_does_not_become_normal_in_a_day() -> None:
    share = detector("negative_share")
    found = watch(
        share,
        ["a", "b"],
        23,
        lambda s, at: (4.0, 0.95 if s == "a" and 0 < at - START - 20 * DAY < DAY else 0.2),
    )
    before = [v.expected for end, v in found["a"] if end < START + 20 * DAY][-1]
    after = next(v.expected for end, v in found["a"] if end > START + 21 * DAY)
    assert before is not None and after is not None and after - before < 0.08


def test_a_small_lasting_shift_is_seen_by_the_sum_though_no_window_shows_it() -> None:
    def rate(series: str, at: int) -> tuple[float, float]:
        return 3.0, 0.5 if series == "a" and at > START + 30 * DAY else 0.2

    series = ["a", "b", "c"]
    summed = watch(detector("mean_shift"), series, 34, rate)
    windows = watch(detector("sentiment"), series, 34, rate)
    assert highest(summed["a"], 30, 34) > 5.0 > highest(windows["a"], 30, 32)
    assert highest(summed["a"], 5, 30) < 5.0 and highest(summed["b"], 5, 34) < 5.0


def test_a_slow_slide_over_weeks_is_a_drift_and_steady_news_is_none() -> None:
    def rate(series: str, at: int) -> tuple[float, float]:
        weeks = max(0.0, (at - START - 40 * DAY) / (7 * DAY))
        return 3.0, min(0.7, 0.2 + (0.1 * weeks if series == "a" else 0.0))

    found = watch(detector("drift"), ["a", "b"], 75, rate)
    assert highest(found["a"], 60, 75) > 5.0
    assert highest(found["a"], 15, 40) < 5.0 and highest(found["b"], 15, 75) < 5.0


def test_a_drifts_statistic_is_as_wide_in_the_first_weeks_as_it_claims() -> None:
    # Both of its means hold the same stories at first: errors that took them for independent were far too wide, the
    # first fit learned a threshold from them, and the rule then fired half as often again as its budget.
    series = [f"s{number}" for number in range(12)]
    found = watch(detector("drift"), series, 35, lambda name, at: (1.5, 0.2))
    for begin, end in ((15, 21), (28, 35)):
        scores = [
            (verdict.observed - verdict.expected) / ((verdict.high - verdict.expected) / 1.96)
            for name in series
            for at, verdict in found[name]
            if verdict.enough and START + begin * DAY <= at <= START + end * DAY
        ]
        assert 0.5 < sum(score * score for score in scores) / len(scores) < 1.6


def test_nights_are_not_silence_and_an_outage_by_day_is() -> None:
    def rate(series: str, at: int) -> tuple[float, float]:
        if at > START + 28 * DAY + 10 * HOUR:
            return 0.0, 0.0
        return (6.0 if 8 <= (at // HOUR) % 24 < 20 else 0.02), 0.2

    silence = detector("silence")
    found = watch(silence, ["source:wire"], 29, rate)["source:wire"]
    assert highest(found, 10, 28.4) < 4.0
    first = next(
        end for end, v in found if end > START + 28 * DAY + 10 * HOUR and v.enough and v.statistic > 4.0
    )
    assert first <= START + 28 * DAY + 16 * HOUR
    due = silence.next_due("source:wire", START + 28 * DAY + 20 * HOUR)  # type: ignore[attr-defined]
    assert due is not None and due >= START + 29 * DAY + 2 * HOUR, "little can change before the morning"


def test_a_series_that_ended_weeks_ago_is_given_up_rather_than_reported_for_ever() -> None:
    silence = detector("silence", give_up_days=3.0)
    found = watch(silence, ["a"], 20, lambda s, at: (4.0, 0.2) if at < START + 12 * DAY else (0.0, 0.0))["a"]
    assert highest(found, 12, 15) > 5.0 and highest(found, 15.2, 20) == 0.0
    assert silence.next_due("a", START + 19 * DAY) is None  # type: ignore[attr-defined]


def test_one_language_alone_turning_bad_diverges_and_both_together_do_not() -> None:
    pair = ["topic:energy@en", "topic:energy@zh"]

    def one(series: str, at: int) -> tuple[float, float]:
        return 5.0, 0.85 if series.endswith("zh") and at > START + 20 * DAY else 0.3 if series.endswith(
            "zh"
        ) else 0.15

    def both(series: str, at: int) -> tuple[float, float]:
        return 5.0, 0.85 if at > START + 20 * DAY else 0.3 if series.endswith("zh") else 0.15

    alone = watch(detector("language_divergence"), pair, 21, one)
    together = watch(detector("language_divergence"), pair, 21, both)
    assert highest(alone[pair[1]], 20, 21) > 3.0
    assert highest(together[pair[1]], 20, 21) < 3.0 and highest(alone[pair[1]], 5, 20) < 3.5


def test_a_company_in_trouble_diverges_and_a_sector_in_trouble_does_not() -> None:
    banks = [f"entity:US:B{n}" for n in range(5)]

    def one(series: str, at: int) -> tuple[float, float]:
        return 3.0, 0.9 if series == banks[0] and at > START + 20 * DAY else 0.2

    def all_of_them(series: str, at: int) -> tuple[float, float]:
        return 3.0, 0.9 if at > START + 20 * DAY else 0.2

    alone = watch(detector("sector_divergence"), banks, 21, one)
    together = watch(detector("sector_divergence"), banks, 21, all_of_them)
    assert highest(alone[banks[0]], 20, 21) > 2.5 > 1.5 > highest(together[banks[0]], 20, 21)


def test_null_p_values_pass_a_level_about_as_often_as_they_say() -> None:
    for kind in ("negative_share", "sentiment"):
        found = watch(detector(kind), [f"s{n}" for n in range(6)], 30, lambda s, at: (6.0, 0.3))
        values = [v.p_value for one in found.values() for end, v in one if end > START + 7 * DAY and v.enough]
        share = sum(p is not None and p < 0.05 for p in values) / len(values)
        assert 0.02 < share < 0.08, kind


@pytest.mark.parametrize(
    ("metric", "direction", "expected"),
    [
        ("negative_share", "up", 0.5),
        ("stories", "up", 4.0),
        ("mean_sentiment", "down", 0.3),
        ("mean_sentiment", "both", 0.3),
        ("net_sentiment", "up", -0.25),
        ("net_sentiment", "down", 0.25),
    ],
)
def test_static_is_the_figure_itself(metric: str, direction: str, expected: float) -> None:
    one = make("static", {"metric": metric, "direction": direction}, DetectorContext(WINDOW, HOP))
    window = Window("a", 0, WINDOW, 5, 4, 3, 4, 2, -12_000, 100_000_000, positive=1)
    verdict = one.step(window, window)
    assert verdict.statistic == pytest.approx(expected) and verdict.p_value is None and verdict.enough


def test_an_hour_of_which_one_day_was_heard_says_nothing_yet() -> None:
    # The wire of 1987: a Thursday afternoon, a day missing from the archive, a Sunday, and an ordinary Monday morning.
    def wire(_: str, end: int) -> tuple[float, float]:
        day, hour = (end - 1 - START) // DAY, (end - 1 - START) % DAY // HOUR
        if day == 3:
            return (60.0 if hour >= 15 else 0.0), 0.2
        return {6: 2.0, 7: 25.0, 8: 25.0}.get(day, 0.0), 0.2

    found = watch(detector("volume"), ["all"], 9, wire)["all"]
    assert highest(found, 7, 7.5) == 0.0  # the first Monday morning
    assert any(v.enough for end, v in found if end - START > 8 * DAY)  # a second working morning was heard
    assert all(v.why == "learning the rhythm" for _, v in found if not v.enough)
