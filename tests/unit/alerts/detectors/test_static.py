"""The statistic is the figure itself."""

from __future__ import annotations

import pytest

from alerts.detectors import DetectorContext, make
from alerts.records import Window
from tests.support.detecting import HOP, WINDOW


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
