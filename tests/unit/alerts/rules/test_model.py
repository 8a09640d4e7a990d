"""Rules as the desk runs them: hop, severity, and the articles that an immediate rule matches."""

from __future__ import annotations

from tests.support.rulestext import MINIMAL, only


def test_the_hop_is_a_twelfth_of_the_window_in_whole_panes() -> None:
    rule = only(MINIMAL)
    assert rule.hop_ms(60_000) == 300_000
    assert rule.hop_ms(120_000) == 360_000
    assert rule.hop_ms(3_600_000) == 3_600_000


def test_severity_climbs_the_ladder_with_the_statistic() -> None:
    rule = only(MINIMAL)
    assert [rule.severity(statistic, 4.0) for statistic in (1, 4, 6, 8, 11.9, 12, 1e9)] == [
        "low", "low", "medium", "high", "high", "critical", "critical",
    ]  # fmt: skip


def test_severity_under_nought_is_by_distance_as_it_is_over_it() -> None:
    rule = only(
        'rules:\n  - {name: one, series: ["all"], metric: negative_share, direction: down, threshold: -0.1}\n'
    )
    assert [rule.severity(value, -0.1) for value in (-0.1, -0.05, 0.0)] == ["low", "medium", "high"]
    assert [rule.severity(value, 0.5) for value in (0.5, 0.75, 1.0)] == ["low", "medium", "high"]
