"""A budget of false alarms a week becomes a threshold that keeps it."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest

from alerts.thresholds import tail
from alerts.thresholds.fit import Fit, load_fit
from alerts.thresholds.history import StatisticHistory
from core.times import DAY, HOUR, WEEK
from tests.support.statistic_histories import budget, statistics


def onsets(looks: Iterator[tuple[int, str, float]], threshold: float, below: float = 0.7) -> int:
    """Alerts as the life cycle counts them, without `after`."""
    count, open_ = 0, set()
    for _, series, value in looks:
        if value >= threshold and series not in open_:
            open_.add(series)
            count += 1
        elif value < below * threshold:
            open_.discard(series)
    return count


def echoing(weeks: int) -> tuple[StatisticHistory, StatisticHistory, list[tuple[str, int, int]]]:
    """(with, without a company's incident every other day that its topic tells of, when it does)."""
    with_them, calm, told = budget(1.0), budget(1.0), []
    for at, series, value in statistics(weeks, 13):
        echo = series == "s1" and at // DAY % 2 == 1 and at // HOUR % 24 == 9
        with_them.observe(at, series, value + 3.0 + at // DAY % 5 if echo else value)
        calm.observe(at, series, value)
        if echo:
            told.append((series, at - HOUR, at + HOUR))
    return with_them, calm, told


@pytest.mark.parametrize("per_week", [1.0, 3.0, 10.0])
@pytest.mark.parametrize("heavy", [1.0, 2.5])
def test_the_threshold_keeps_the_budget_in_weeks_it_has_not_seen(per_week: float, heavy: float) -> None:
    one = budget(per_week)
    for look in statistics(52, 1, heavy=heavy):
        one.observe(*look)
    fit = one.fit(52 * WEEK)
    assert fit.method.startswith("peaks over threshold, declustered")
    found = onsets(statistics(200, 2, heavy=heavy), fit.threshold) / 200
    assert 0.75 * per_week <= found <= 1.25 * per_week


def test_a_rate_below_one_in_the_whole_history_goes_on_beyond_the_data() -> None:
    one, often = budget(0.01), budget(1.0)
    for look in statistics(30, 3):
        one.observe(*look)
        often.observe(*look)
    rare = one.fit(30 * WEEK)
    # Two decades rarer are two units of -log10 p, if p-values are right.
    assert rare.threshold == pytest.approx(often.fit(30 * WEEK).threshold + 2.0, abs=0.6)
    assert rare.low is not None and rare.high is not None and rare.low < rare.threshold < rare.high


def test_with_too_little_history_the_tail_is_parametric_conservative_and_says_so() -> None:
    one = budget(1.0)
    first = one.initial()
    assert "no history" in first.method
    looks = list(statistics(30, 4))
    for look in looks:
        if look[0] < WEEK:
            one.observe(*look)
    early = one.fit(WEEK)
    assert "too little history" in early.method and early.low is None
    assert early.threshold >= first.threshold
    for look in looks:
        if look[0] >= WEEK:
            one.observe(*look)
    assert one.fit(30 * WEEK).threshold < early.threshold


@pytest.mark.parametrize("heavy", [1.0, 1.2])
def test_from_a_week_on_peaks_prove_a_lower_threshold_by_their_own_tails_upper_bound(heavy: float) -> None:
    """Of five series the conservative tail counts a hundred; and what is proven keeps the budget."""
    fired, proven = [], 0
    for seed in range(20, 40):
        one = budget(1.0)
        for look in statistics(2, seed, heavy=heavy):
            one.observe(*look)
        fit = one.fit(2 * WEEK)
        assert fit.threshold <= one.initial().threshold
        if "upper bound" in fit.method:
            assert fit.conservative and fit.low is not None and fit.low <= fit.threshold == fit.high
            proven += 1
            fired.append(onsets(statistics(30, 100 + seed, heavy=heavy), fit.threshold) / 30)
    assert proven > 15
    assert sum(fired) / len(fired) <= 1.0 and sum(rate > 1.25 for rate in fired) <= 2


def test_bad_p_values_raise_even_the_first_threshold() -> None:
    one = budget(1.0)
    for at, series, value in statistics(2, 5):
        one.observe(at, series, 10.0 * value)
    assert one.fit(2 * WEEK).threshold > one.initial().threshold + 2.0


def test_a_first_threshold_raised_by_its_peaks_says_so_and_has_no_cliff() -> None:
    found = []
    for per_week in (0.1, 0.15, 0.2, 0.25, 0.3, 0.5):
        one = budget(per_week)
        for at, series, value in statistics(3, 5):
            spike = series == "s1" and at // HOUR % 24 == 9 and at // DAY in (3, 5, 8, 11, 14, 17, 19)
            one.observe(at, series, 8.0 + at / WEEK * 3 if spike else value)
        fit = one.fit(3 * WEEK)
        assert "parametric tail" in fit.method and "too little history" in fit.method
        assert ("raised" in fit.method) == (fit.threshold > one._conservative().level() + 1e-6)
        found.append((fit.threshold, "raised" in fit.method))
    assert found[0][1] and not found[-1][1]
    steps = [before - after for (before, _), (after, _) in itertools.pairwise(found)]
    assert max(steps) < 2.0, found


def test_a_fitted_threshold_has_no_cliff_between_budgets_either() -> None:
    """Thirteen incidents in eight weeks that nobody disposed: half the budget is not ten decades of a threshold."""
    one = budget(1.0)
    for at, series, value in statistics(8, 5):
        spike = series == "s1" and at // HOUR % 24 == 9 and at // DAY % 4 == 1
        one.observe(at, series, 9.0 + at / WEEK if spike else value)
    found = []
    for step in range(47):
        one._budget = 0.1 * 1.05**step  # what was observed does not hang on it
        fit = one.fit(8 * WEEK)
        assert fit.low is None or fit.low <= fit.threshold <= fit.high
        assert fit.conservative == fit.method.startswith("conservative tail") and fit.threshold >= 1.0
        found.append((fit.threshold, fit.conservative))
    assert not found[0][1] and found[-1][1]
    steps = [before - after for (before, _), (after, _) in itertools.pairwise(found)]
    assert max(steps) < 1.5 and min(steps) > -0.01, found


def test_no_interval_reaches_where_no_threshold_can_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    one = budget(1.0)
    for look in statistics(8, 5):
        one.observe(*look)
    for bounds, level, told in (((-0.116, 0.7), 0.4, (1.0, 1.0)), ((-0.116, 1.4), 1.3, (1.0, 1.4))):
        monkeypatch.setattr(tail, "interval", lambda peaks, allowed, bounds=bounds: bounds)
        monkeypatch.setattr(tail, "level", lambda peaks, allowed, level=level: level)
        fit = one.fit(8 * WEEK)
        assert fit.method.startswith("peaks over threshold") and (fit.low, fit.high) == told


def test_an_early_crash_does_not_deafen_the_rule() -> None:
    one, calm = budget(1.0), budget(1.0)
    for at, series, value in statistics(8, 5):
        crash = 9.0 if series == "s1" and at // DAY in (9, 23, 40) else 0.0
        one.observe(at, series, value + crash)
        calm.observe(at, series, value)
    assert one.fit(8 * WEEK).threshold == pytest.approx(calm.fit(8 * WEEK).threshold, abs=0.35)
    assert "taken for incidents" in one.fit(8 * WEEK).method
    early = budget(1.0)
    for at, series, value in statistics(2, 5):
        early.observe(at, series, value + (9.0 if series == "s1" and at // DAY == 9 else 0.0))
    assert early.fit(2 * WEEK).threshold <= early.initial().threshold


def test_peaks_disposed_as_true_alarms_are_left_out() -> None:
    one = budget(0.5)
    for at, series, value in statistics(20, 6):
        crash = (series == "s0" and 5 * WEEK < at < 5 * WEEK + 6 * HOUR) or (
            at > 9 * WEEK and at < 9 * WEEK + 5 * HOUR
        )
        one.observe(at, series, value + 2.2 if crash else value)
    with_them = one.fit(20 * WEEK)
    alarms = [(f"s{n}", 5 * WEEK - DAY, 5 * WEEK + DAY) for n in range(1)]
    alarms += [(f"s{n}", 9 * WEEK - DAY, 9 * WEEK + DAY) for n in range(5)]
    without = one.fit(20 * WEEK, alarms)
    assert without.excluded >= 6 and without.threshold < with_them.threshold


def test_restored_exactly_and_fits_are_versioned() -> None:
    one, other = budget(1.0, hold_ms=HOUR, after_ms=HOUR), budget(1.0, hold_ms=HOUR, after_ms=HOUR)
    looks = list(statistics(8, 8))
    for look in looks[:4000]:
        one.observe(*look)
    other.load(one.dump())
    for look in looks[4000:]:
        one.observe(*look)
        other.observe(*look)
    assert one.dump() == other.dump()
    fit = one.fit(8 * WEEK)
    assert fit == other.fit(8 * WEEK)
    again = load_fit(fit.to_json(), str(fit.basis))
    assert again == fit and again.version == fit.version
    assert fit.version != Fit(fit.threshold + 1e-6, fit.basis, fit.method).version


def test_a_statistic_that_is_not_finite_breaks_nothing() -> None:
    one = budget(1.0)
    for number, (at, series, value) in enumerate(statistics(6, 9)):
        one.observe(at, series, (float("inf"), float("nan"), value)[min(2, number % 50)])
    assert 0.5 <= one.fit(6 * WEEK).threshold < 20


def test_a_budget_larger_than_everything_that_happens_lets_all_of_it_through() -> None:
    one = budget(10_000.0)
    for look in statistics(6, 10):
        one.observe(*look)
    assert one.fit(6 * WEEK).threshold == 1.0


def test_a_rule_that_seldom_has_enough_evidence_needs_no_further_proof() -> None:
    one = budget(1.0)
    for at in range(DAY, 20 * WEEK, 9 * DAY):
        one.observe(at, "s", 0.4)
    fit = one.fit(20 * WEEK)
    assert fit.threshold == 1.0 and fit.weeks > 18 and "fits the budget" in fit.method


@pytest.mark.parametrize("per_week", [1.0, 3.0])
def test_episodes_so_few_that_they_fit_the_budget_prove_a_lower_first_threshold(per_week: float) -> None:
    """Rules that ask for many publishers: looks with evidence are rare, and what they show is then seldom small."""
    alarms, weeks, lower = 0, 0, 0
    for seed in range(60):
        chance = random.Random(seed)
        one, at, thresholds = budget(per_week), 0, []
        for week in range(1, 7):
            seen = []
            while (at := at + int(chance.expovariate(0.9 * per_week) * WEEK)) < week * WEEK:
                seen.append(1.5 + chance.expovariate(1.2))
                one.observe(at, f"s{len(thresholds)}-{at}", seen[-1])
            at = week * WEEK
            thresholds.append(one.fit(at).threshold)
            if week > 1:
                alarms += sum(peak >= thresholds[-2] for peak in seen)
                weeks += 1
        lower += thresholds[-1] < one.initial().threshold
    assert lower > 45
    assert alarms / weeks <= per_week


def test_as_many_episodes_as_others_have_prove_nothing_where_their_tail_is_long() -> None:
    one = budget(1.0)
    for look in statistics(2, 12, heavy=2.0):
        one.observe(*look)
    assert "too little history" in one.fit(2 * WEEK).method


def test_what_topics_tell_of_true_alarms_raises_no_threshold_above_the_conservative_tail() -> None:
    one, calm, told = echoing(8)
    usual = one.initial().threshold
    assert one.fit(8 * WEEK).threshold > usual + 1.0
    fit = one.fit(8 * WEEK, (), told)
    assert usual == pytest.approx(fit.threshold) and "tell of true alarms" in fit.method and fit.conservative
    # Nor does it lower one: left out is only what spoke against p-values.
    assert calm.fit(8 * WEEK).threshold < usual
    assert calm.fit(8 * WEEK, (), told) == calm.fit(8 * WEEK)


def test_what_topics_tell_of_true_alarms_is_no_proof_in_the_first_weeks_either() -> None:
    one, _, told = echoing(3)
    first = one.initial().threshold
    assert one.fit(3 * WEEK).threshold >= first > one.fit(3 * WEEK, (), told).threshold


@pytest.mark.parametrize(
    ("weeks", "calm", "budgeted", "seed"), [(2.8, 14, 1.0, 38), (1.4, 13, 1.0, 38), (30.0, 3_000, 5.0, 10)]
)
def test_an_alarm_called_true_never_raises_a_threshold_by_what_topics_told_of_it(
    weeks: float, calm: int, budgeted: float, seed: int
) -> None:
    """Of few peaks it leaves too few for proof; of many it leaves such as look like lying p-values, not incidents."""
    chance, end = random.Random(seed), int(weeks * WEEK)
    one = StatisticHistory(budgeted, 3 * HOUR, HOUR)
    looks = [(HOUR, "s", 0.0), (end, "s", 0.0)]
    for number in range(calm):
        peak = 0.5 + chance.expovariate(5.0 if calm < 20 else 1.0 / 1.5)
        looks.append((chance.randrange(end) // HOUR * HOUR, f"s{number}", peak))
    told = []
    for number in range(calm // 100 + 4):
        at = chance.randrange(end) // HOUR * HOUR
        looks.append((at, f"e{number}", 3.0 + chance.expovariate(0.5)))
        told.append((f"e{number}", at, at))
    for at, series, value in sorted(looks):
        one.observe(at, series, value)
    alone = one.fit(end).threshold
    assert all(one.fit(end, (), told[:many]).threshold <= alone for many in {1, 2, 3, len(told)})


def test_what_passed_the_level_more_often_than_is_allowed_raises_it() -> None:
    """Three episodes in a fortnight: a tail from the floor would say 2.3, and all three have passed that."""
    one = budget(1.0)
    for day, peak in ((0, 0.1), (2, 3.0), (6, 3.2), (10, 2.8), (14, 0.1)):
        one.observe(HOUR + day * DAY, f"s{day}", peak)
    fit = one.fit(HOUR + 14 * DAY)
    assert fit.threshold == 2.8 + tail.STEP and fit.method == "proven by so few episodes: 3"


def test_few_series_are_believed_until_their_onsets_are_too_many_for_the_budget() -> None:
    """Onsets on so many days of the first fortnight, a little above the level of five series."""
    found = []
    for days in range(7):
        one = budget(1.0, series=5)
        first = one.initial()
        assert first.method == "parametric tail of 5 series: no history yet"
        for hour in range(1, 14 * 24):
            day, at = divmod(hour, 24)
            if hour % 12 < 2:  # it has its evidence often, and a tail that proves nothing
                one.observe(hour * HOUR, "s3", 0.6 + 0.2 * (hour * 5 % 14) if hour % 2 else 0.1)
            one.observe(hour * HOUR, "s1", first.threshold + 0.1 if day < days and at == 9 else 0.1)
            one.observe(hour * HOUR, "s2", first.threshold + 0.1 if day < days and at == 11 else 0.1)
        found.append(one.fit(2 * WEEK))
    thresholds = [fit.threshold for fit in found]
    usual = budget(1.0).initial().threshold
    assert thresholds[0] == budget(1.0, series=5).initial().threshold and thresholds == sorted(thresholds)
    assert thresholds[2] < (thresholds[0] + usual) / 2  # what comes on one day has one cause
    assert thresholds[-1] == usual and "of 5 series" not in found[-1].method
    assert max(after - before for before, after in itertools.pairwise(thresholds)) < 0.4


def test_a_history_of_four_weeks_makes_the_number_of_series_no_matter() -> None:
    few, many = budget(1.0, series=5), budget(1.0)
    for look in statistics(8, 11):
        few.observe(*look)
        many.observe(*look)
    assert few.fit(8 * WEEK) == many.fit(8 * WEEK)
    assert few.dump() == many.dump()
