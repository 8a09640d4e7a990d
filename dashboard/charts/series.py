"""One series over time: volume, sentiment with its interval, and what a rule expected."""

from __future__ import annotations

from typing import Any, Literal

import altair as alt
import pandas as pd

from dashboard.charts.palette import ACCENT, SEVERITIES, SEVERITY_ORDER, Palette
from dashboard.charts.slots import Translate, known, time_axis
from dashboard.period import Period

_Y: dict[str, Any] = {
    "minExtent": 46, "maxExtent": 46, "titleFontWeight": "normal", "domain": False, "labelFlush": False,
}  # fmt: skip


def volume(
    frame: pd.DataFrame,
    marks: pd.DataFrame,
    shown: list[int],
    period: Period,
    t: Translate,
    height: int = 170,
    *,
    pick: bool = True,
    of: Literal["articles", "negative"] = "articles",
) -> alt.LayerChart | alt.FacetChart:
    """Articles (or negative stories) per slot as bars, alerts as rules. With `pick`, clicking bars selects their slots
    (parameter `bar`).
    """
    name = t("Articles") if of == "articles" else t("Negative stories")
    bars = (
        alt.Chart(frame)
        .mark_bar(color=ACCENT, opacity=0.95)
        .encode(
            x=time_axis(shown, period),
            y=alt.Y(f"{of}:Q", title=name, axis=alt.Axis(**_Y, format="~s", tickCount=4, tickMinStep=1)),
            tooltip=[
                alt.Tooltip("label:N", title=t("From (UTC)")),
                alt.Tooltip("articles:Q", title=t("Articles"), format=","),
                alt.Tooltip("negative:Q", title=t("Negative stories"), format=","),
                alt.Tooltip("decided:Q", title=t("Decided stories"), format=","),
            ],
        )
    )
    if pick:
        picked = alt.selection_point(
            name="bar", fields=["slot"], on="click", toggle="event.shiftKey", empty=True
        )
        lit = alt.condition(picked, alt.value(0.95), alt.value(0.35))
        bars = bars.mark_bar(color=ACCENT, cursor="pointer").encode(opacity=lit).add_params(picked)
    return alt.layer(bars, *_marks(marks, shown, period, t)).properties(height=height)


def sentiment(
    frame: pd.DataFrame,
    measure: str,
    marks: pd.DataFrame,
    shown: list[int],
    period: Period,
    palette: Palette,
    t: Translate,
    height: int = 210,
) -> alt.LayerChart | alt.FacetChart:
    """`measure` (net or share) as a line with its 95 % interval; where there is too little evidence, nothing: NA."""
    net = measure == "net"
    name = t("Mean sentiment") if net else t("Negative share")
    domain = [-1, 1] if net else [0, 1]
    form = "+.1f" if net else ".0%"
    base = alt.Chart(known(frame, measure, period)).encode(x=time_axis(shown, period))
    y = alt.Y(
        f"{measure}:Q",
        title=name,
        scale=alt.Scale(domain=domain),
        axis=alt.Axis(**_Y, format=form, tickCount=5),
    )
    band = base.mark_bar(opacity=0.2, color=ACCENT).encode(
        y=alt.Y(f"{measure}_low:Q", title=name, scale=alt.Scale(domain=domain)), y2=f"{measure}_high:Q"
    )
    line = base.mark_line(color=ACCENT, strokeWidth=1.6).encode(y=y, detail="run:N")
    threshold = 0 if net else 0.5
    bad, good = (palette.negative, palette.positive) if net else (palette.positive, palette.negative)
    dots = base.mark_point(filled=True, size=38, opacity=1).encode(
        y=y,
        color=alt.condition(f"datum.{measure} < {threshold}", alt.value(bad), alt.value(good)),
        shape=alt.condition(
            f"datum.{measure} < {threshold}",
            alt.value("triangle-down" if net else "triangle-up"),
            alt.value("triangle-up" if net else "triangle-down"),
        ),
        tooltip=[
            alt.Tooltip("label:N", title=t("From (UTC)")),
            alt.Tooltip(f"{measure}:Q", title=name, format="+.2f" if net else ".1%"),
            alt.Tooltip(f"{measure}_low:Q", title=t("95 % from"), format="+.2f" if net else ".1%"),
            alt.Tooltip(f"{measure}_high:Q", title=t("95 % to"), format="+.2f" if net else ".1%"),
            alt.Tooltip("decided:Q", title=t("Decided stories"), format=","),
        ],
    )
    layers = [band, line, dots, *_marks(marks, shown, period, t)]
    if net:
        zero = (
            alt.Chart(pd.DataFrame({"zero": [0]}))
            .mark_rule(opacity=0.45, strokeDash=[3, 3])
            .encode(y="zero:Q")
        )
        layers.insert(0, zero)
    return alt.layer(*layers).properties(height=height)


def expectation(
    frame: pd.DataFrame, shown: list[int], period: Period, palette: Palette, t: Translate, height: int = 170
) -> alt.LayerChart | alt.FacetChart:
    """What a rule saw (line) beside what it expected (band from low to high); breaches stand out."""
    base = alt.Chart(known(frame, "observed", period)).encode(x=time_axis(shown, period))
    title = t("Observed")
    axis = alt.Axis(**_Y, format=",~r", tickCount=4)  # ~g would write 10 as 1e+1
    band = base.transform_filter("isValid(datum.low)").mark_bar(opacity=0.3, color="#8a8f98").encode(
        y=alt.Y("low:Q", title=title, axis=axis), y2="high:Q"
    )  # fmt: skip
    expected = base.transform_filter("isValid(datum.expected)").mark_tick(
        color="#8a8f98", thickness=2, orient="horizontal", bandSize=8
    ).encode(y="expected:Q")  # fmt: skip
    line = base.mark_line(color=ACCENT, strokeWidth=1.6).encode(
        y=alt.Y("observed:Q", title=title), detail="run:N"
    )
    dots = base.mark_point(filled=True, opacity=1).encode(
        y=alt.Y("observed:Q", title=title),
        color=alt.condition("datum.breach", alt.value(palette.negative), alt.value(ACCENT)),
        size=alt.condition("datum.breach", alt.value(90), alt.value(22)),
        shape=alt.condition("datum.breach", alt.value("diamond"), alt.value("circle")),
        tooltip=[
            alt.Tooltip("label:N", title=t("From (UTC)")),
            alt.Tooltip("observed:Q", title=t("Observed"), format=",.3~r"),
            alt.Tooltip("expected:Q", title=t("Expected"), format=",.3~r"),
            alt.Tooltip("low:Q", title=t("Band from"), format=",.3~r"),
            alt.Tooltip("high:Q", title=t("Band to"), format=",.3~r"),
            alt.Tooltip("p_text:N", title=t("p-value")),
        ],
    )
    return alt.layer(band, expected, line, dots).properties(height=height)


def _marks(marks: pd.DataFrame, shown: list[int], period: Period, t: Translate) -> list[alt.Chart]:
    """Alerts as vertical rules where they began, coloured and named by severity."""
    if marks.empty or not shown:
        return []
    # An alert at `onset` speaks of the time before it.
    at = (marks["onset"] - 1) // period.width * period.width
    placed = marks.assign(slot=at)[at.isin(shown)]
    placed = placed.assign(label=[period.label(int(slot)) for slot in placed["slot"]])
    if placed.empty:
        return []
    colour = alt.Color(
        "severity:N",
        scale=alt.Scale(domain=list(SEVERITY_ORDER), range=[SEVERITIES[name] for name in SEVERITY_ORDER]),
        legend=None,
    )
    base = alt.Chart(placed).encode(
        x=time_axis(shown, period),
        color=colour,
        tooltip=[
            alt.Tooltip("rule:N", title=t("Rule")),
            alt.Tooltip("severity:N", title=t("Severity")),
            alt.Tooltip("state:N", title=t("State")),
            alt.Tooltip("label:N", title=t("Since")),
        ],
    )
    flag = base.mark_point(filled=True, shape="triangle-down", size=110, opacity=1, yOffset=5).encode(
        y=alt.value(0)
    )
    return [base.mark_rule(strokeWidth=1.6, strokeDash=[5, 3]), flag]
