"""A fit says what it rests on; its JSON and version do not depend on how that is stored."""

from __future__ import annotations

import importlib
import json
import random

import pytest

from alerts.thresholds.fit import Fit, FitBasis, load_fit
from alerts.thresholds.history import StatisticHistory
from core.times import HOUR, MINUTE, WEEK

MIGRATION = importlib.import_module("core.migrations.versions.0010_fit_basis")


def fits(per_week: float, heavy: float, series: int | None) -> list[Fit]:
    history, chance = StatisticHistory(per_week, HOUR, 15 * MINUTE, series=series), random.Random(4)
    found = [history.initial()]
    for at in range(HOUR, 9 * WEEK, HOUR):
        history.observe(at, f"s{at // HOUR % 5}", chance.expovariate(1.0) / 2.302585 * heavy)
        if at % (WEEK // 2) == 0:
            found.append(history.fit(at))
    return found


def test_every_basis_is_what_older_fits_are_migrated_to() -> None:
    cases = [(1.0, 1.0, 5), (1.0, 4.0, 5), (3.0, 2.5, None), (400.0, 1.0, None), (0.2, 1.0, 3), (1.0, 0.4, 2)]
    found = [fit for case in cases for fit in fits(*case)]
    assert {fit.basis for fit in found} >= set(FitBasis) - {FitBasis.CONSERVATIVE, FitBasis.PROVEN}
    for fit in found:
        assert MIGRATION._basis(fit.method) == fit.basis, fit


def test_the_basis_is_no_part_of_the_json() -> None:
    one, other = Fit(2.0, FitBasis.PEAKS, "m", weeks=5.0), Fit(2.0, FitBasis.RAISED, "m", weeks=5.0)
    assert one.to_json() == other.to_json() and one.version == other.version
    assert "basis" not in json.loads(one.to_json())
    assert load_fit(one.to_json(), "peaks") == one != other
    with pytest.raises(ValueError):
        load_fit(one.to_json(), "")


def test_a_threshold_of_the_rules_own_peaks_is_not_conservative() -> None:
    own = {basis for basis in FitBasis if not Fit(2.0, basis, "").conservative}
    assert own == {FitBasis.PEAKS, FitBasis.WITHIN_BUDGET}
