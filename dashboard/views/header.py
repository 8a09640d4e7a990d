"""The top of a page: its title and the period it shows."""

from __future__ import annotations

import streamlit as st

from alerts.evidence.vocabulary import span_words
from core.times import from_ms
from dashboard.viewer import Viewer


def header(viewer: Viewer, title: str, *, period: bool = True) -> None:
    """Title and, below, the period in event time."""
    st.title(viewer.t(title), anchor=False)
    if period:
        chosen = viewer.period
        st.caption(
            viewer.t(
                "{start} to {end} UTC, in slots of {width}",
                start=f"{from_ms(chosen.start):%Y-%m-%d %H:%M}",
                end=f"{from_ms(chosen.end):%Y-%m-%d %H:%M}",
                width=span_words(chosen.width, viewer.language),
            )
        )


def moment(ms: float | None) -> str:
    """`1987-10-19 14:30`, empty for none."""
    return "" if ms is None or ms != ms else f"{from_ms(int(ms)):%Y-%m-%d %H:%M}"
