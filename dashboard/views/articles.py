"""Every article: search it, read it, correct its labels, take it along."""

from __future__ import annotations

import streamlit as st

from dashboard import data, names
from dashboard.queries.articles import LIMIT, Wanted
from dashboard.queries.series import DeskState
from dashboard.viewer import Viewer
from dashboard.views.article_table import article_table
from dashboard.views.header import header


def show(viewer: Viewer, desk: DeskState) -> None:
    """The whole page."""
    t = viewer.t
    header(viewer, "Articles")
    one, two = st.columns([0.5, 0.5])
    text = one.text_input(t("Title or text contains"), placeholder=t("for example: crash, 贵州茅台"))
    known = sorted((name for name in data.names(desk.desk, desk.now) if "@" not in name), key=_order)
    series = two.selectbox(
        t("Topic or company"),
        known,
        index=None,
        placeholder=t("any"),
        format_func=lambda name: names.title(name, viewer.language, data.company_name),
    )
    three, four, five = st.columns(3)
    sentiment = three.selectbox(
        t("Sentiment"),
        ["negative", "neutral", "positive", "unsure"],
        index=None,
        placeholder=t("any"),
        format_func=t,
    )
    source = four.selectbox(t("Source"), data.sources(), index=None, placeholder=t("any"))
    language = five.selectbox(
        t("Language"),
        ["en", "zh"],
        index=None,
        placeholder=t("any"),
        format_func=lambda name: {"en": "English", "zh": "中文"}[name],
    )
    wanted = Wanted(
        viewer.period.start,
        viewer.period.end,
        series or "all",
        text,
        language or "",
        source or "",
        sentiment or "",
    )
    tally = data.tally(desk.desk, wanted)
    st.caption(
        t(
            "Articles: {articles} · stories: {stories} · publishers: {publishers}",
            **{name: f"{number:,}" for name, number in tally.items()},
        )
        + (" · " + t("the newest {limit} are listed", limit=LIMIT) if tally["articles"] > LIMIT else "")
    )
    article_table(viewer, desk, data.search(desk.desk, wanted), f"search-{hash(wanted)}", height=520)


def _order(name: str) -> tuple[int, str]:
    kinds = ("all", "topic", "entity", "source")
    kind = name.partition(":")[0]
    return (kinds.index(kind) if kind in kinds else 9, name)
