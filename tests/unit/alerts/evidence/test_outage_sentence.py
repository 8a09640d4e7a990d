"""Durations and figures of the sentence of an outage."""

from __future__ import annotations

from alerts.evidence.outage_sentence import count, long, p_value_text, share
from core.times import DAY, HOUR, MINUTE


def test_a_duration_has_its_two_largest_units() -> None:
    assert long(2 * DAY + 3 * HOUR + 4 * MINUTE, "en") == "2 d 3 h"
    assert long(5 * HOUR + 12 * MINUTE, "zh") == "5 小时 12 分钟"
    assert (long(0, "en"), long(0, "zh")) == ("0 min", "0 分钟")


def test_figures_are_na_where_there_is_none() -> None:
    assert (count(None), share(None), p_value_text(None)) == ("NA", "NA", "NA")
    assert (count(14.23), count(120.4), share(0.981), p_value_text(0.0002)) == ("14.2", "120", "98 %", "2e-4")
