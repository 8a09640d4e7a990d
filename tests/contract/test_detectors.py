"""What every kind of detector promises, run over all kinds of the registry; each has a rig in detector_rigs.py."""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import pytest

import alerts.detectors
from alerts.detectors import KINDS, Detector, DetectorContext, make
from alerts.records import Verdict, Window
from core.errors import ConfigError
from core.times import DAY, WEEK
from tests.contract.detector_rigs import HOP, RIGS, SERIES, START, WINDOW, Story, measure, news, steps

CONTEXT = DetectorContext(WINDOW, HOP, dict.fromkeys(["US:AAA", "US:BBB", "US:CCC"], "tech"))

every_kind = pytest.mark.parametrize("kind", sorted(KINDS))


def test_every_kind_has_a_rig_and_every_rig_a_kind() -> None:
    missing, unknown = sorted(set(KINDS) - set(RIGS)), sorted(set(RIGS) - set(KINDS))
    assert not missing, f"tests/contract/detector_rigs.py has no rig of {missing}"
    assert not unknown, (
        f"tests/contract/detector_rigs.py has rigs of {unknown}, which the registry does not know"
    )


def run(detector: Detector, told: Iterable[tuple[Window, Window]]) -> list[Verdict]:
    return [detector.step(window, hop) for window, hop in told]


def fresh(kind: str) -> Detector:
    return make(kind, {}, CONTEXT)


@every_kind
def test_a_kind_knows_its_name(kind: str) -> None:
    assert fresh(kind).kind == kind


@every_kind
def test_an_incident_is_noticed(kind: str) -> None:
    rig, detector = RIGS[kind], fresh(kind)
    told = rig.news()
    since = START + round((rig.days - rig.incident_days / 2) * DAY)
    until = START + round(rig.days * DAY)
    calm: list[float] = []
    incident: list[float] = []
    for window, hop in steps(told, empty=KINDS[kind].traits.detects_absence):
        verdict = detector.step(window, hop)
        if window.series != rig.series or not verdict.enough:
            continue
        if window.end <= START + (rig.days - rig.incident_days) * DAY:
            calm.append(verdict.statistic)
        elif since < window.end <= until:
            incident.append(verdict.statistic)
    assert incident, "no verdict with enough evidence within the incident"
    usual = sorted(calm)[int(0.95 * len(calm))] if calm else 0.0
    assert sorted(incident)[len(incident) // 2] > usual


@every_kind
def test_the_floor_of_a_step_changes_neither_verdict_nor_state(kind: str) -> None:
    told = list(steps(news(3)))
    one, other = fresh(kind), fresh(kind)
    assert run(one, told) == [other.step(window, hop, math.inf) for window, hop in told]
    assert one.dump() == other.dump()


@every_kind
def test_an_early_evaluation_teaches_nothing(kind: str) -> None:
    if not KINDS[kind].traits.evaluates_early:
        pytest.skip("never evaluated early")
    detector = fresh(kind)
    told = list(steps(news(4)))
    run(detector, told)
    window, hop = told[-1]
    before = detector.dump()
    empty = Window(window.series, hop.end, hop.end)
    assert detector.step(window, empty) == detector.step(window, empty)
    assert detector.dump() == before


@every_kind
def test_only_a_kind_that_detects_absence_is_due_though_nothing_comes(kind: str) -> None:
    detector = fresh(kind)
    run(detector, steps(news(16, a_day=120.0)))
    at = START + 16 * DAY
    due = [detector.next_due(series, at) for series in SERIES]
    if KINDS[kind].traits.detects_absence:
        assert all(one is not None and one > at for one in due)
        assert detector.absent(SERIES[0]) and detector.next_due(SERIES[0], at) is None
    else:
        assert due == [None] * len(SERIES) and not detector.absent(SERIES[0])


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
            again.load(detector.prior().items())
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
    if KINDS[kind].traits.fixed_threshold:
        pytest.skip("a fixed threshold asks for no history; the rule's minimum of evidence holds it back")
    only = {"entity:US:AAA": [(START + HOP, True, -9000)]}
    assert not any(verdict.enough for verdict in run(fresh(kind), steps(only)))


@every_kind
def test_a_steady_series_stays_unremarkable(kind: str) -> None:
    if KINDS[kind].traits.fixed_threshold:
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
    if KINDS[kind].traits.fixed_threshold or KINDS[kind].traits.detects_absence:
        pytest.skip("a fixed threshold has no usual, and absence is what the other kind detects")
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
    if KINDS[kind].traits.detects_absence:
        assert verdict.observed == 0.0  # absence is what it detects
    else:
        assert not verdict.enough and verdict.why
    if not RIGS[kind].unread_time_is_state:
        assert detector.dump(["topic:energy@en"]) == before


@every_kind
def test_an_unknown_parameter_is_named(kind: str) -> None:
    with pytest.raises(ConfigError, match="nonsense"):
        make(kind, {"nonsense": 1}, CONTEXT)


@every_kind
def test_every_kind_and_parameter_is_documented(kind: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / "detectors.md").read_text()
    row = next((line for line in text.splitlines() if line.startswith(f"| `{kind}`")), "")
    assert row, f"docs/detectors.md does not list {kind}"
    missing = [field.name for field in fields(KINDS[kind].params) if field.name not in row]
    assert not missing, f"docs/detectors.md does not name {missing} of {kind}"


@every_kind
def test_every_trait_of_a_kind_is_documented(kind: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / "detectors.md").read_text()
    rows = {row.split("`")[1]: row.split("|")[2] for row in text.splitlines() if row.startswith("| `")}
    for name in KINDS[kind].traits.__struct_fields__:
        listed = {one.strip() for one in rows[name].split(",")}
        assert (kind in listed) == getattr(KINDS[kind].traits, name), f"docs/detectors.md on {name} of {kind}"


def test_every_detector_of_the_folder_is_registered() -> None:
    registered = {kind.detector for kind in KINDS.values()}
    defined = {
        one
        for module in pkgutil.iter_modules(alerts.detectors.__path__)
        for one in vars(importlib.import_module(f"alerts.detectors.{module.name}")).values()
        if isinstance(one, type) and issubclass(one, Detector) and vars(one).get("kind")
    }
    assert defined == registered
