"""What every kind of detector promises, run over all of them."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable

import pytest

from alerts.detectors import KINDS, Detector, DetectorContext, make
from alerts.records import Verdict, Window
from core.errors import ConfigError
from core.times import DAY, HOUR, MINUTE, WEEK, parse_iso

HOP, WINDOW = 15 * MINUTE, 2 * HOUR
START = parse_iso("2024-03-04T00:00:00Z")
SERIES = ["entity:US:AAA", "entity:US:BBB", "entity:US:CCC", "topic:energy@en", "topic:energy@zh"]
CONTEXT = DetectorContext(WINDOW, HOP, dict.fromkeys(["US:AAA", "US:BBB", "US:CCC"], "tech"))
Story = tuple[int, bool, int]
"""(end of its hop, negative, sentiment in 1/10,000)"""

every_kind = pytest.mark.parametrize("kind", sorted(KINDS))


def news(days: float, seed: int = 1, a_day: float = 60.0, bad: float = 0.25) -> dict[str, list[Story]]:
    """Stories of each series, by the hop in which they came; nights are quiet."""
    chance = random.Random(seed)
    told: dict[str, list[Story]] = {}
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
    inside = [story for story in stories if start < story[0] <= end]
    values = [story[2] for story in inside]
    n = len(inside)
    return Window(
        series,
        start,
        end,
        n,
        n,
        min(n, 3),
        n,
        sum(s[1] for s in inside),
        sum(values),
        sum(v * v for v in values),
        observed,
    )


def steps(told: dict[str, list[Story]], empty: bool = False) -> Iterable[tuple[Window, Window]]:
    """(window, hop) in order of time and series; windows without any data only where `empty`."""
    last = max(story[0] for stories in told.values() for story in stories) + WINDOW
    recent: dict[str, list[Story]] = {series: [] for series in told}
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


def run(detector: Detector, told: Iterable[tuple[Window, Window]]) -> list[Verdict]:
    return [detector.step(window, hop) for window, hop in told]


def fresh(kind: str) -> Detector:
    return make(kind, {}, CONTEXT)


@every_kind
def test_restored_state_goes_on_exactly_and_dumps_the_same(kind: str) -> None:
    told = list(steps(news(4)))
    half = len(told) // 2
    one, other = fresh(kind), fresh(kind)
    run(one, told[:half])
    other.load(one.dump().items())
    assert run(one, told[half:]) == run(other, told[half:])
    assert one.dump() == other.dump()


@every_kind
def test_changed_series_alone_are_enough_to_keep_the_store_up_to_date(kind: str) -> None:
    told = list(steps(news(4)))
    detector, kept = fresh(kind), {}
    for at in range(0, len(told), 100):
        run(detector, told[at : at + 100])
        kept.update(detector.dump({window.series for window, _ in told[at : at + 100]}))
    again = fresh(kind)
    again.load(kept.items())
    assert again.dump() == detector.dump()


@every_kind
def test_prior_state_gives_the_last_verdict_again(kind: str) -> None:
    told = list(steps(news(4)))
    detector = fresh(kind)
    for number, (window, hop) in enumerate(told):
        verdict = detector.step(window, hop)
        if number % 97 == 0 or number > len(told) - 20:
            again = fresh(kind)
            again.load(detector.prior().items())  # type: ignore[attr-defined]
            assert again.step(window, hop) == verdict


@every_kind
def test_leaving_out_empty_hops_equals_stepping_through_them(kind: str) -> None:
    told = news(3)
    for stories in told.values():  # a long gap in the middle
        stories[:] = [s for s in stories if not START + DAY < s[0] < START + 2 * DAY] + [
            (s[0] + WEEK, *s[1:]) for s in stories[-40:]
        ]
    through, without = fresh(kind), fresh(kind)
    all_of_it = {(w.series, w.end): through.step(w, h) for w, h in steps(told, empty=True)}
    compared = 0
    for window, hop in steps(told):
        verdict, expected = without.step(window, hop), all_of_it[window.series, window.end]
        assert verdict.enough == expected.enough
        for name in ("statistic", "p_value", "observed", "expected", "low", "high"):
            a, b = getattr(verdict, name), getattr(expected, name)
            assert a == b or abs(a - b) <= 1e-9, name
        compared += 1
    assert compared > 200


@every_kind
def test_no_look_ahead_a_longer_future_changes_nothing(kind: str) -> None:
    told = news(5)
    known = {
        series: [story for story in stories if story[0] <= START + 3 * DAY]
        for series, stories in told.items()
    }
    short = [(w, h) for w, h in steps(known) if w.end <= START + 3 * DAY]
    long = [(w, h) for w, h in steps(told) if w.end <= START + 3 * DAY]
    later = run(fresh(kind), steps(told))
    assert run(fresh(kind), short) == run(fresh(kind), long) == later[: len(long)]


@every_kind
def test_every_number_is_finite_and_every_p_a_probability(kind: str) -> None:
    told = news(4, a_day=150.0)
    told["topic:energy@zh"] = [
        (end, True, -10_000) for end, _, _ in told["topic:energy@zh"]
    ]  # always as bad as can be
    told["topic:energy@en"] = [(end, False, 0) for end, _, _ in told["topic:energy@en"]]  # never anything
    for verdict in run(fresh(kind), steps(told)):
        numbers = (verdict.statistic, verdict.observed, verdict.expected, verdict.low, verdict.high)
        assert all(number is None or math.isfinite(number) for number in numbers)
        assert verdict.p_value is None or 0.0 <= verdict.p_value <= 1.0
        if verdict.low is not None and verdict.high is not None:
            assert verdict.low <= verdict.high


@every_kind
def test_one_article_ever_is_never_enough_to_fire(kind: str) -> None:
    if kind == "static":
        pytest.skip("a fixed threshold asks for no history; the rule's minimum of evidence holds it back")
    only = {"entity:US:AAA": [(START + HOP, True, -9000)]}
    assert not any(verdict.enough for verdict in run(fresh(kind), steps(only)))


@every_kind
def test_a_steady_series_stays_unremarkable(kind: str) -> None:
    if kind == "static":
        pytest.skip("a fixed threshold has no usual")
    told: dict[str, list[Story]] = {}
    for series in SERIES:
        ends = range(START + 2 * HOP, START + 21 * DAY, 2 * HOP)
        told[series] = [
            (end, number % 4 == 0, -6000 if number % 4 == 0 else 2000) for number, end in enumerate(ends)
        ]
    found = [v.statistic for v in run(fresh(kind), steps(told)) if v.enough]
    assert found and max(found[len(found) // 3 :]) < 3.0


@every_kind
def test_sixteen_weeks_without_any_news_are_no_incident_when_it_returns(kind: str) -> None:
    if kind in ("static", "silence"):
        pytest.skip("static has no usual; for silence see its own tests")
    told, later = news(14, seed=2), news(3, seed=3)
    for series, stories in told.items():
        stories += [(end + 14 * DAY + 16 * WEEK, bad, value) for end, bad, value in later[series]]
    back = START + 14 * DAY + 16 * WEEK
    detector = fresh(kind)
    found = [(w.end, detector.step(w, h)) for w, h in steps(told)]
    after = [verdict.statistic for end, verdict in found if end > back and verdict.enough]
    assert after and max(after) < 5.0
    assert sum(s > 3.0 for s in after) <= 0.02 * len(after)


@every_kind
def test_an_unread_source_is_not_calm_and_teaches_nothing(kind: str) -> None:
    detector = fresh(kind)
    run(detector, steps(news(3)))
    before = detector.dump(["topic:energy@en"])
    end = START + 4 * DAY
    verdict = detector.step(
        measure("topic:energy@en", [], end - WINDOW, end, False),
        measure("topic:energy@en", [], end - HOP, end, False),
    )
    if kind == "silence":
        assert verdict.observed == 0.0  # silence is what it looks for
    else:
        assert not verdict.enough and verdict.why
    if kind not in ("volume", "negative_volume"):  # their baseline notes how long it was deaf
        assert detector.dump(["topic:energy@en"]) == before


@every_kind
def test_an_unknown_parameter_is_named(kind: str) -> None:
    with pytest.raises(ConfigError, match="nonsense"):
        make(kind, {"nonsense": 1}, CONTEXT)


def test_an_unknown_kind_is_named_with_those_that_exist() -> None:
    with pytest.raises(ConfigError, match=r"'sonar'; known: .*volume"):
        make("sonar")


@every_kind
def test_every_kind_and_parameter_is_documented(kind: str) -> None:
    from dataclasses import fields
    from pathlib import Path

    text = (Path(__file__).parents[2] / "docs" / "detectors.md").read_text()
    row = next((line for line in text.splitlines() if line.startswith(f"| `{kind}`")), "")
    assert row, f"docs/detectors.md does not list {kind}"
    missing = [field.name for field in fields(KINDS[kind].params) if field.name not in row]
    assert not missing, f"docs/detectors.md does not name {missing} of {kind}"
