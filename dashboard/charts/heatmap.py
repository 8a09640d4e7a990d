"""Topics by time: the colour is mean sentiment, grey is NA."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard.charts.palette import NA, Palette
from dashboard.charts.slots import Translate, time_axis
from dashboard.period import Period

ROW_PIXELS = 21
_LEVELS = [-0.8, -0.4, 0, 0.4, 0.8]
FRAME_PIXELS = 96
"""Legend and axis: the page takes a chart's height as the whole of it."""


def heatmap(
    cells: pd.DataFrame,
    rows: list[str],
    shown: list[int],
    period: Period,
    palette: Palette,
    dark: bool,
    t: Translate,
) -> alt.LayerChart | alt.FacetChart:
    """Cells (series, name, slot, label, net, net_low, net_high, articles, decided) as a heat map.

    `rows`: names from top to bottom. Clicking a cell selects its series and slot (parameter `cell`).
    """
    picked = alt.selection_point(name="cell", fields=["series", "slot"], on="click", empty=False)
    x = time_axis(shown, period)
    y = alt.Y(
        "name:N",
        sort=rows,
        title=None,
        axis=alt.Axis(labelLimit=190, labelOverlap=False, labelFlush=False, domain=False, ticks=False),
    )
    tips = [
        alt.Tooltip("name:N", title=t("Series")),
        alt.Tooltip("label:N", title=t("From (UTC)")),
        alt.Tooltip("shown:N", title=t("Mean sentiment")),
        alt.Tooltip("articles:Q", title=t("Articles"), format=","),
        alt.Tooltip("decided:Q", title=t("Decided stories"), format=","),
    ]
    base = alt.Chart(cells.assign(shown=[_words(row, t) for row in cells.itertuples()])).encode(
        x=x, y=y, tooltip=tips
    )
    missing = base.transform_filter("!isValid(datum.net)").mark_rect(
        # On a dark page a brighter one would look as neutral news does.
        color=NA, opacity=0.08 if dark else 0.22,
    )  # fmt: skip
    # In RGB: other paths from orange to dark grey lead through purple, which means nothing here.
    scale = alt.Scale(domain=_LEVELS, range=palette.diverging(dark), clamp=True, interpolate="rgb")
    known = (
        base.transform_filter("isValid(datum.net)")
        .mark_rect(cursor="pointer")
        .encode(
            color=alt.Color(
                "net:Q",
                scale=scale,
                legend=alt.Legend(
                    title=t("Mean sentiment"), orient="top", direction="horizontal", gradientLength=200,
                    gradientThickness=10, format="+.1f", titleOrient="top", titleLimit=220, offset=4,
                ),
            ),
            stroke=alt.condition(picked, alt.value("#ffffff" if dark else "#111111"), alt.value("transparent")),
            strokeWidth=alt.value(1.5),
        )
        .add_params(picked)
    )  # fmt: skip
    return alt.layer(missing, known).properties(height=ROW_PIXELS * max(1, len(rows)) + FRAME_PIXELS)


def _words(row: object, t: Translate) -> str:
    net = getattr(row, "net", float("nan"))
    if pd.isna(net):
        return t("NA: too little evidence")
    return f"{net:+.2f}  [{row.net_low:+.2f}, {row.net_high:+.2f}]"  # type: ignore[attr-defined]
