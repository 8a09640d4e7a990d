"""Frames become charts."""

from __future__ import annotations

import pandas as pd
import pytest

from core.times import DAY, HOUR, parse_iso
from dashboard.charts.heatmap import heatmap
from dashboard.charts.palette import PALETTES
from dashboard.charts.series import expectation, sentiment, volume
from dashboard.charts.slots import known, slots_shown, spread, time_axis
from dashboard.measures import measured
from dashboard.period import Period

START = parse_iso("1987-10-12T00:00:00Z")
PERIOD = Period(START, START + 10 * DAY, DAY)
HAS = [START, START + DAY, START + 7 * DAY, START + 8 * DAY]
NO_MARKS = pd.DataFrame(columns=["id", "series", "rule", "severity", "onset", "state"])


def same(text: str) -> str:
    return text


def counts() -> pd.DataFrame:
    frame = pd.DataFrame({"slot": HAS, "articles": [40, 2, 150, 90], "negative": [5, 1, 120, 70],
                          "decided": [30, 2, 140, 80], "sentiment_sum": [30_000, 0, -700_000, -400_000]})  # fmt: skip
    return measured(spread(frame, HAS, PERIOD))


def marks() -> pd.DataFrame:
    return pd.DataFrame([{"id": "a", "series": "all", "rule": "r", "severity": "high", "state": "firing",
                          "onset": START + 7 * DAY + 15 * HOUR}])  # fmt: skip


def test_time_without_news_is_left_out_or_shown_as_asked() -> None:
    assert slots_shown(PERIOD, pd.Series(HAS), skip_gaps=True) == HAS
    assert len(slots_shown(PERIOD, pd.Series(HAS), skip_gaps=False)) == 9
    assert slots_shown(PERIOD, pd.Series([], dtype=int), skip_gaps=False) == []


def test_no_line_is_drawn_over_a_gap() -> None:
    frame = known(counts(), "share", PERIOD)
    assert list(frame["label"]) == ["1987-10-12", "1987-10-19", "1987-10-20"]
    assert list(frame["run"]) == [0, 1, 1]


def test_the_axis_keeps_the_order_of_time_and_few_labels() -> None:
    hours = Period(START, START + 4 * DAY, HOUR)
    axis = time_axis(list(hours.slots), hours).to_dict()
    assert axis["scale"]["domain"] == [hours.label(slot) for slot in hours.slots]
    assert len(axis["axis"]["values"]) <= 9


def test_an_alert_is_marked_where_the_time_it_speaks_of_ended() -> None:
    chart = volume(counts(), marks(), HAS, PERIOD, same).to_dict()
    datasets = [row for rows in chart["datasets"].values() for row in rows if "severity" in row]
    assert {row["label"] for row in datasets} == {"1987-10-19"}


def test_bars_may_count_negative_stories() -> None:
    chart = volume(counts(), marks(), HAS, PERIOD, same, pick=False, of="negative").to_dict()
    y = chart["layer"][0]["encoding"]["y"]
    assert (y["field"], y["title"]) == ("negative", "Negative stories")


@pytest.mark.parametrize("dark", [True, False])
def test_cells_without_evidence_are_grey_not_zero(dark: bool) -> None:
    cells = counts().assign(series="topic:energy", name="Energy")
    chart = heatmap(cells, ["Energy"], HAS, PERIOD, PALETTES["safe"], dark, same).to_dict()
    rows = next(iter(chart["datasets"].values()))
    assert [row["shown"] for row in rows if row["label"] == "1987-10-13"] == ["NA: too little evidence"]
    assert [row["net"] for row in rows if row["label"] == "1987-10-13"] == [None]
    mark, paper = chart["layer"][0]["mark"], 0x12 if dark else 0xFF
    assert mark["color"] == "#9aa0a6"
    neutral = int(PALETTES["safe"].diverging(dark)[2][3:5], 16)  # as all greys: its green stands for all
    grey = paper + (0xA0 - paper) * mark["opacity"]
    assert abs(grey - neutral) > 8, "or calm and no evidence would look alike"


def test_china_reads_red_as_good() -> None:
    assert PALETTES["china"].positive == PALETTES["western"].negative
    assert len({*PALETTES["safe"].diverging(True), *PALETTES["safe"].diverging(False)}) > 5


@pytest.mark.parametrize("measure", ["net", "share"])
def test_sentiment_has_its_interval(measure: str) -> None:
    chart = sentiment(counts(), measure, NO_MARKS, HAS, PERIOD, PALETTES["safe"], same).to_dict()
    assert f"{measure}_low" in str(chart) and f"{measure}_high" in str(chart)


def test_what_a_rule_expected_stands_beside_what_it_saw() -> None:
    found = pd.DataFrame({"slot": HAS[:2], "observed": [0.2, 0.9], "expected": [0.25, 0.25], "low": [0.1, 0.1],
                          "high": [0.4, 0.4], "breach": [False, True], "p_text": ["", "0.11"]})  # fmt: skip
    chart = expectation(spread(found, HAS, PERIOD), HAS, PERIOD, PALETTES["safe"], same).to_dict()
    rows = [row for rows in chart["datasets"].values() for row in rows]
    assert [row["observed"] for row in rows if row["label"] == "1987-10-13"] == [0.9] * (len(rows) // 2)
    # With ~g the axis writes 10 as 1e+1; ~r never writes powers of ten.
    assert chart["layer"][0]["encoding"]["y"]["axis"]["format"] == ",~r"
