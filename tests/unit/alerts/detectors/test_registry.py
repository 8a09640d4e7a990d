"""The registry: unknown kinds and parameters are errors; each kind says what its figures are of."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

import pytest

from alerts.detectors import KINDS, Traits, make, traits_of
from alerts.detectors.registry import FIXED_THRESHOLD_KIND
from core.errors import ConfigError

UNITS = {"share", "stories", "negative stories", "sentiment", "metric"}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_a_unit_and_parameters_with_defaults(kind: str) -> None:
    known = KINDS[kind]
    assert known.unit in UNITS and bool(known.metric) == (known.unit != "metric")
    assert is_dataclass(known.params) and known.params() is not None
    assert known.traits is known.detector.traits


def test_a_threshold_without_a_detector_means_a_kind_with_a_fixed_threshold() -> None:
    assert KINDS[FIXED_THRESHOLD_KIND].traits.fixed_threshold


def test_an_unknown_kind_or_parameter_is_named_with_those_that_exist() -> None:
    with pytest.raises(ConfigError, match=r"'sonar'; known: .*volume"):
        make("sonar")
    names = ", ".join(sorted(field.name for field in fields(KINDS["volume"].params)))
    with pytest.raises(ConfigError, match=rf"'nonsense'; known: {names}"):
        make("volume", {"nonsense": 1})


def test_a_kind_of_another_release_has_the_default_traits() -> None:
    assert traits_of("sonar") == Traits() and traits_of("volume") is KINDS["volume"].traits
