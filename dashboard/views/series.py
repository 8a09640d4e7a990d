"""One series over time: volume, sentiment, anomaly; and the articles of every point."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from alerts.evidence.number_text import window_figure
from alerts.interfaces.figures import LONGEST
from alerts.windows.statistics import MIN_STORIES
from core.times import parse_iso
from dashboard import data, names
from dashboard.charts.series import expectation, sentiment, volume
from dashboard.charts.slots import Translate, slots_shown, spread
from dashboard.measures import measured
from dashboard.queries.articles import LIMIT, Wanted
from dashboard.queries.series import DeskState
from dashboard.viewer import Viewer
from dashboard.views.article_table import article_table
from dashboard.views.export_buttons import export_buttons
from dashboard.views.header import header, moment

_COUNTS = ["articles", "stories", "publishers", "negative", "decided", "sentiment_sum"]


def show(viewer: Viewer, desk: DeskState) -> None:
    """The whole page."""
    header(viewer, "Series")
    series = _choice(viewer, desk)
    shown, frame, marks = frames(viewer, desk, series)
    if not shown:
        st.info(viewer.t("No news in this period."))
        return
    start, end = _charts(viewer, desk, series, shown, frame, marks)
    _figures(viewer, desk, series, start, end)
    _behind(viewer, desk, series, start, end)
    with st.expander(viewer.t("Figures by time")):
        _by_time(viewer, frame)
        export_buttons(viewer, frame, f"newsquake-{series}".replace(":", "-").replace("/", "-"), "series")


def _by_time(viewer: Viewer, frame: pd.DataFrame) -> None:
    t, number = viewer.t, st.column_config.NumberColumn
    names_of = {
        "label": st.column_config.TextColumn(t("From (UTC)")),
        "articles": number(t("Articles"), format="localized"),
        "stories": number(t("Stories"), format="localized"),
        "publishers": number(t("Publishers"), format="localized"),
        "decided": number(t("Decided stories"), format="localized"),
        "negative": number(t("Negative stories"), format="localized"),
        "net": number(t("Mean sentiment"), format="%+.2f"),
        "net_low": number(t("95 % from"), format="%+.2f"),
        "net_high": number(t("95 % to"), format="%+.2f"),
        "share": number(t("Negative share"), format="percent"),
        "share_low": number(t("95 % from"), format="percent"),
        "share_high": number(t("95 % to"), format="percent"),
    }
    st.dataframe(
        frame,
        hide_index=True,
        column_order=list(names_of),
        column_config=names_of,
        placeholder=t("NA"),
        alt=t("Figures by time"),
    )


def _choice(viewer: Viewer, desk: DeskState) -> str:
    known = data.names(desk.desk, desk.now)
    asked = st.query_params.get("series", "all")
    if st.session_state.get("series-shown") != asked and asked in known:
        st.session_state["series"] = asked
    chosen = st.selectbox(
        viewer.t("Series"),
        sorted(known, key=_order),
        index=None if not known else 0,
        key="series",
        format_func=lambda name: names.title(name, viewer.language, data.company_name),
        help=viewer.t("Type to search: a topic, a company or its ticker, a source"),
    )
    series = chosen or "all"
    if series != asked:
        st.query_params["series"] = series
        st.query_params.pop("since", None)
        st.query_params.pop("until", None)
    st.session_state["series-shown"] = series
    return series


def _order(name: str) -> tuple[bool, int, str]:
    kinds = ("all", "topic", "entity", "source")
    kind = name.partition(":")[0].partition("@")[0]
    return ("@" in name or "/" in name, kinds.index(kind) if kind in kinds else 9, name)


def frames(viewer: Viewer, desk: DeskState, series: str) -> tuple[list[int], pd.DataFrame, pd.DataFrame]:
    """The slots to draw, the series' counts and measures by slot, and the alerts to mark."""
    period = viewer.period
    both = data.by_slot(desk.desk, tuple(dict.fromkeys(("all", series))), period)
    shown = slots_shown(period, both.loc[both["series"] == "all", "slot"], viewer.skip_gaps)
    mine = spread(both[both["series"] == series].drop(columns="series"), shown, period)
    mine[_COUNTS] = mine[_COUNTS].fillna(0).astype("int64")
    return shown, measured(mine), data.marks(desk.desk, (series,), period)


def _charts(
    viewer: Viewer, desk: DeskState, series: str, shown: list[int], frame: pd.DataFrame, marks: pd.DataFrame
) -> tuple[int, int]:
    t, period, title = viewer.t, viewer.period, names.title(series, viewer.language, data.company_name)
    st.subheader(t("Volume"), anchor=False)
    event = st.altair_chart(
        volume(frame[["slot", "label", "articles", "negative", "decided"]], marks, shown, period, t),
        width="stretch",
        on_select="rerun",
        key=f"volume-{series}-{period}",
        alt=t("Articles over time: {series}", series=title),
    )
    head, choice = st.columns([0.7, 0.3], vertical_alignment="bottom")
    head.subheader(t("Sentiment"), anchor=False)
    measure = choice.segmented_control(
        t("Measure"),
        ["net", "share"],
        default="net",
        required=True,
        key="measure",
        label_visibility="collapsed",
        width="stretch",
        format_func=lambda name: t("Mean sentiment") if name == "net" else t("Negative share"),
    )
    columns = ["slot", "label", "decided", *(f"{measure}{end}" for end in ("", "_low", "_high"))]
    st.altair_chart(
        sentiment(frame[columns], measure or "net", marks, shown, period, viewer.palette, t),
        width="stretch",
        alt=t("Sentiment over time: {series}", series=title),
    )
    st.caption(t("Shaded: 95 % interval (conservative). No point: fewer than five decided stories (NA)."))
    _unusual(viewer, desk, series, shown)
    if slots := [int(item["slot"]) for item in event.selection.get("bar", []) if "slot" in item]:
        return min(slots), max(slots) + period.width
    try:  # a link from elsewhere may ask for a stretch of time
        return parse_iso(st.query_params["since"]), parse_iso(st.query_params["until"])
    except (KeyError, ValueError):
        return period.start, period.end


def _unusual(viewer: Viewer, desk: DeskState, series: str, shown: list[int]) -> None:
    t, period = viewer.t, viewer.period
    rules = data.rules_of(desk.desk, series, desk.now)
    head, choice = st.columns([0.7, 0.3], vertical_alignment="bottom")
    head.subheader(t("Anomaly"), anchor=False)
    if not rules:
        st.caption(t("No rule evaluates this series, or none has had enough evidence yet."))
        return
    rule = choice.selectbox(t("Rule"), rules, key=f"rule-{series}", label_visibility="collapsed")
    found = data.findings_by_slot(desk.desk, rule, series, period)
    found = found.assign(p_text=found["p_value"].map(viewer.p_value))
    frame = spread(found, shown, period)
    frame["breach"] = frame["breach"].fillna(False).astype(bool)
    columns = ["slot", "label", "observed", "expected", "low", "high", "breach", "p_text"]
    st.altair_chart(
        expectation(frame[columns], shown, period, viewer.palette, t),
        width="stretch",
        alt=t("What rule {rule} observed and expected", rule=rule),
    )
    st.caption(
        t("Each point: the slot's window with the lowest p-value. Diamonds: beyond the rule's threshold.")
    )


def _figures(viewer: Viewer, desk: DeskState, series: str, start: int, end: int) -> None:
    """The figures of what is chosen, as of one window."""
    t = viewer.t
    with st.expander(t("Figures from {start} to {end}", start=moment(start), end=moment(end))):
        if end - start > LONGEST:
            st.caption(t("Choose at most sixty days, the longest window."))
            return
        found = data.figures(desk.desk, series, start, end, desk.now)
        if not found.observed:
            st.caption(t("None of its sources was being read (NA)."))
        words = figure_words(t)
        rows = [
            {
                t("Figure"): words[name],
                t("Value"): t("NA") if one.value is None else window_figure(name, one.value),
                t("95 % interval"): ""
                if one.value is None
                else f"{window_figure(name, one.low)} – {window_figure(name, one.high)}",
            }
            for name, one in found.figures.items()
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt=t("Figure"))
        st.caption(
            t("Figures of sentiment are over decided stories: NA below {least}.", least=str(MIN_STORIES))
        )


def figure_words(t: Translate) -> dict[str, str]:
    """What the figures of a window are called."""
    return {
        "articles": t("Articles"),
        "stories": t("Stories"),
        "publishers": t("Publishers"),
        "negative_share": t("Negative share"),
        "mean_sentiment": t("Mean sentiment"),
        "net_sentiment": t("Net sentiment"),
        "dispersion": t("Dispersion"),
        "novelty_weighted": t("Mean sentiment, weighted by novelty"),
        "trust_weighted": t("Mean sentiment, weighted by trust"),
        "momentum": t("Momentum: newer half minus older half"),
    }


def _behind(viewer: Viewer, desk: DeskState, series: str, start: int, end: int) -> None:
    t = viewer.t
    wanted = Wanted(start, end, series)
    tally = data.tally(desk.desk, wanted)
    st.subheader(t("Articles from {start} to {end}", start=moment(start), end=moment(end)), anchor=False)
    st.caption(
        t(
            "Articles: {articles} · stories: {stories} · publishers: {publishers}",
            **{name: f"{number:,}" for name, number in tally.items()},
        )
        + " · "
        + t("click a bar above to choose a time, shift-click for more")
        + (" · " + t("the newest {limit} are listed", limit=LIMIT) if tally["articles"] > LIMIT else "")
    )
    found = data.search(desk.desk, wanted)
    article_table(viewer, desk, found, f"series-{series}-{start}-{end}", height=380)
