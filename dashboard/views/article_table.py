"""A table of articles: time, sentiment, title, topics, companies, where from; and the text of the one picked.

Text from the world is shown as text: in table cells and `st.text`, never as Markdown or HTML.
"""

from __future__ import annotations

from typing import Literal

import pandas as pd
import streamlit as st
from msgspec import json

from core.times import from_ms
from dashboard import data, names
from dashboard.queries.series import DeskState
from dashboard.viewer import Viewer
from dashboard.views.export_buttons import export_buttons
from dashboard.views.feedback_form import feedback_form

_SIGNS = {"negative": "▼", "neutral": "■", "positive": "▲", "unsure": "?"}


def article_table(
    viewer: Viewer,
    desk: DeskState,
    found: pd.DataFrame,
    key: str,
    *,
    height: int | Literal["auto", "content"] = "auto",
) -> None:
    """The articles of queries.articles, and below the text of the picked one with what a reader may say of it."""
    t = viewer.t
    if found.empty:
        st.info(t("No articles."))
        return
    table = readable(viewer, found)
    event = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"articles-{key}",
        height=height,
        column_order=["time", "sentiment", "certainty", "title", "topics", "companies", "source", "publisher",
                      "language", "story", "url"],
        column_config={
            "time": st.column_config.DatetimeColumn(t("Available at (UTC)"), format="YYYY-MM-DD HH:mm"),
            "sentiment": st.column_config.TextColumn(t("Sentiment"), width=90),
            "certainty": st.column_config.NumberColumn(t("Probability"), format="%.0f %%", width=75),
            "title": st.column_config.TextColumn(t("Title"), width=400),
            "topics": st.column_config.TextColumn(t("Topics"), width=170),
            "companies": st.column_config.TextColumn(t("Companies"), width=128),
            "source": st.column_config.TextColumn(t("Source"), width=90),
            "publisher": st.column_config.TextColumn(t("Publisher"), width=100),
            "language": st.column_config.TextColumn(t("Language"), width=50),
            "story": st.column_config.TextColumn(t("Story"), width="small", help=t("The same for all copies")),
            "url": st.column_config.LinkColumn(t("Link"), display_text=t("open"), width=50),
        },
        alt=t("Articles"),
    )  # fmt: skip
    export_buttons(viewer, _whole(table, found), f"newsquake-articles-{key}".replace(":", "-"), key)
    if event.selection.rows:
        _one(viewer, desk, found.iloc[event.selection.rows[0]])


def readable(viewer: Viewer, found: pd.DataFrame) -> pd.DataFrame:
    """The columns a person reads, also for export."""
    calls = [call(row) for row in found.itertuples()]
    return pd.DataFrame(
        {
            "time": [from_ms(int(at)).replace(tzinfo=None) for at in found["available_at"]],
            "sentiment": [f"{_SIGNS[name]} {viewer.t(name)}" for name in calls],
            "certainty": found[["p_negative", "p_neutral", "p_positive"]].max(axis=1).to_numpy() / 100,
            "title": found["title"].where(found["title"] != "", viewer.t("(no title)")).to_numpy(),
            "topics": [_topics(text, viewer.language) for text in found["topics"]],
            "companies": [_companies(text) for text in found["mentions"]],
            "source": found["source"].to_numpy(),
            "publisher": found["publisher"].to_numpy(),
            "language": found["language"].to_numpy(),
            "story": [str(story or "")[:8] for story in found["story"]],
            "url": [url if str(url).startswith(("https://", "http://")) else None for url in found["url"]],
        }
    )


def _whole(table: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    kept = ["p_negative", "p_neutral", "p_positive", "id", "revision"]
    return table.assign(**{name: found[name].to_numpy() for name in kept}, story=found["story"].to_numpy())


def call(row: object) -> str:
    """negative | neutral | positive | unsure: what the model called an article, if anything."""
    if row.abstained:  # type: ignore[attr-defined]
        return "unsure"
    negative, neutral, positive = row.p_negative, row.p_neutral, row.p_positive  # type: ignore[attr-defined]
    if negative > max(neutral, positive):
        return "negative"
    return "positive" if positive > max(neutral, negative) else "neutral"


def _topics(text: str, language: str) -> str:
    scored = sorted(json.decode(text).items(), key=lambda item: -item[1])
    return ", ".join(
        f"{names.topic(name, language)} {value / 100:.0f} %" for name, value in scored if value >= 2_000
    )


def _companies(text: str) -> str:
    return ", ".join(str(item.get("name") or item["entity"]) for item in json.decode(text))


def _one(viewer: Viewer, desk: DeskState, row: pd.Series) -> None:
    t = viewer.t
    with st.container(border=True):
        st.text(row["title"] or t("(no title)"))
        st.caption(
            t(
                "negative {negative:.1%} · neutral {neutral:.1%} · positive {positive:.1%}",
                negative=row["p_negative"] / 10_000,
                neutral=row["p_neutral"] / 10_000,
                positive=row["p_positive"] / 10_000,
            )
        )
        with st.container(height=220, border=False):
            st.text(data.body(row["id"], row["revision"]) or t("(no text)"))
        feedback_form(viewer, desk, row)
        st.caption(f"`{row['id']}` `{row['revision']}`")
