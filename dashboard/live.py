"""Keeping a page fresh without redrawing what did not change: a small fragment looks, the page follows.

Only when the desk has moved on is the page run again: a page that stands open over a finished replay costs one small
query every few seconds for all viewers together.
"""

from __future__ import annotations

import streamlit as st

from core.times import from_ms
from dashboard import context, data
from dashboard.i18n import translate
from dashboard.queries.series import DeskState
from dashboard.viewer import Viewer

EVERY_S = 4


def pulse(viewer: Viewer, desk: DeskState) -> None:
    """The sidebar's foot: how far the desk has come, and whether the page follows it."""
    shown = (desk.now, tuple(data.alert_counts(desk.desk).items()))

    @st.fragment(run_every=EVERY_S)
    def look() -> None:
        follow = st.toggle(viewer.t("Live updates"), value=True, key="follow")
        st.caption(
            viewer.t(
                "Desk {desk}: watermark {time} UTC",
                desk=desk.desk,
                time=f"{from_ms(desk.now):%Y-%m-%d %H:%M}",
            )
        )
        try:
            newest = context.desk()
            state = (newest.now, tuple(data.alert_counts(newest.desk).items()))
        except context.NotYet:
            st.caption(viewer.t("The store is unreachable; showing the data read last."))
            return
        if follow and state != shown:
            st.rerun()

    with st.sidebar:
        look()


def wait(reason: str, language: str) -> None:
    """A page for when there is nothing to show yet; looks again by itself."""
    st.title("Newsquake")
    st.info(translate("Waiting for the first articles. This page refreshes by itself.", language))
    st.text(reason)

    @st.fragment(run_every=2)
    def look() -> None:
        try:
            ready = bool(context.desk().now)
        except context.NotYet:
            ready = False
        if ready:
            st.rerun()

    look()
