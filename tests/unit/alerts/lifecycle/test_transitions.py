"""The life of an alert as a table: what it was, what was seen, what it became."""

from __future__ import annotations

import pytest

from alerts.lifecycle.alert import Evaluation, alert_id
from alerts.lifecycle.transitions import step
from alerts.records import Verdict, Window
from alerts.testing import rule_set
from core.times import MINUTE

RULE = rule_set(hold="10m", after="5m").rules[0]
SERIES = "entity:US:A"


def evaluation(minute, statistic, enough=True, observed=True):
    window = Window(SERIES, 0, minute * MINUTE, 5, 5, 5, observed=observed)
    return Evaluation(minute * MINUTE, window, Verdict(statistic), 0.5, enough)


def life(*evaluations):
    alert, told = None, []
    for one in evaluations:
        alert, changes = step(RULE, SERIES, alert, one)
        told += [(state, alert.severity) for state in changes]
        if alert is not None and alert.state == "resolved":
            alert = None
    return alert, told


CASES = {
    "calm": ([evaluation(0, 0.1)], None, []),
    "pending": ([evaluation(0, 0.6)], "pending", []),
    "lapsed": ([evaluation(0, 0.6), evaluation(5, 0.4)], None, []),
    "held": (
        [evaluation(0, 0.6), evaluation(5, 0.6), evaluation(10, 0.6)],
        "firing",
        [("pending", "low"), ("firing", "low")],
    ),
    "not long enough": ([evaluation(0, 0.6), evaluation(9, 0.6)], "pending", []),
    "too little evidence ends the wait": ([evaluation(0, 0.6), evaluation(5, 0.9, enough=False)], None, []),
    "nobody reading is no end": (
        [evaluation(0, 0.6), evaluation(5, 0, enough=False, observed=False)],
        "pending",
        [],
    ),
    "hysteresis": (
        [evaluation(0, 0.6), evaluation(10, 0.6), evaluation(11, 0.45), evaluation(30, 0.45)],
        "firing",
        [("pending", "low"), ("firing", "low")],
    ),
    "resolved": (
        [evaluation(0, 0.6), evaluation(10, 0.6), evaluation(11, 0.1), evaluation(16, 0.1)],
        None,
        [("pending", "low"), ("firing", "low"), ("resolved", "low")],
    ),
    "calm broken": (
        [
            evaluation(0, 0.6),
            evaluation(10, 0.6),
            evaluation(11, 0.1),
            evaluation(14, 0.6),
            evaluation(17, 0.1),
        ],
        "firing",
        [("pending", "low"), ("firing", "low")],
    ),
    "rises once": (
        [
            evaluation(0, 0.6),
            evaluation(10, 0.6),
            evaluation(11, 0.9),
            evaluation(12, 0.6),
            evaluation(13, 0.9),
        ],
        "firing",
        [("pending", "low"), ("firing", "low"), ("firing", "high")],
    ),
    "unread series stays firing": (
        [
            evaluation(0, 0.6),
            evaluation(10, 0.6),
            evaluation(11, 0, False, False),
            evaluation(99, 0, False, False),
        ],
        "firing",
        [("pending", "low"), ("firing", "low")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_life(name):
    evaluations, state, told = CASES[name]
    alert, found = life(*evaluations)
    assert (alert.state if alert else None) == state and found == told


def test_onset_is_the_first_breaching_pane_and_makes_the_id():
    alert, _ = life(evaluation(3, 0.6), evaluation(13, 0.6))
    assert alert.onset == 3 * MINUTE
    assert alert.id == alert_id(RULE.id, RULE.version, SERIES, 3 * MINUTE)
    assert alert.fired_at == 13 * MINUTE


def test_a_thin_hour_does_not_end_an_alert_whose_detector_remembers_beyond_its_window() -> None:
    def thin(minute: int, statistic: float, stories: int = 1, *, lasting: bool = True) -> Evaluation:
        window = Window(SERIES, 0, minute * MINUTE, stories, stories, stories)
        return Evaluation(minute * MINUTE, window, Verdict(statistic), 0.5, False, lasting)

    fires = [evaluation(0, 0.6), evaluation(10, 0.6)]
    assert life(*fires, thin(20, 0.6), thin(30, 0.6), evaluation(40, 0.6))[1] == [
        ("pending", "low"),
        ("firing", "low"),
    ]
    assert life(*fires, thin(20, 0.6, lasting=False), thin(30, 0.6, lasting=False))[0] is None
    assert life(*fires, thin(20, 0.1), thin(30, 0.1))[0] is None, "calm by its own figure"
    assert life(*fires, thin(20, 0.6, 0), thin(30, 0.6, 0))[0] is None, "nothing is told at all"


def test_an_alert_under_nought_stays_while_its_figure_is_near_the_threshold() -> None:
    def under(statistic: float) -> bool | None:
        return Evaluation(0, Window(SERIES, 0, MINUTE, 5, 5, 5), Verdict(statistic), -0.2, True).resolves(0.7)

    assert [under(value) for value in (0.1, -0.2, -0.25, -0.27)] == [False, False, False, True]
