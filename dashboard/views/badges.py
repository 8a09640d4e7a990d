"""Severity, state and handling of an alert as small labels; each says its word, so that colour is never alone."""

from __future__ import annotations

from typing import Literal

import pandas as pd
import streamlit as st

from dashboard.viewer import Viewer

Colour = Literal["gray", "yellow", "orange", "red"]
_SEVERITIES: dict[str, Colour] = {"low": "gray", "medium": "yellow", "high": "orange", "critical": "red"}


def badges(viewer: Viewer, row: pd.Series) -> None:
    """Draw them side by side; `row` is one of queries.alerts.find."""
    t = viewer.t
    st.badge(t(row["severity"]), color=_SEVERITIES.get(row["severity"], "gray"))
    firing = row["state"] == "firing"
    st.badge(
        t(row["state"]),
        color="red" if firing else "gray",
        icon=":material/notifications_active:" if firing else None,
    )
    if row["acknowledged"]:
        st.badge(t("acknowledged"), color="blue", icon=":material/check:")
    if row["closed_by"]:
        st.badge(t("closed by {name}", name=row["closed_by"]), color="gray", icon=":material/close:")
    if row["silenced"]:
        st.badge(t("silenced"), color="gray", icon=":material/notifications_off:")
    if row["disposition"]:
        st.badge(t(f"disposition {row['disposition']}"), color="gray")
