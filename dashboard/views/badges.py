"""Severity, state and handling of an alert as small labels; each says its word, so that colour is never alone."""

from __future__ import annotations

import re
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
        name = plain(row["acknowledged_by"])
        st.badge(t("acknowledged by {name}", name=name), color="blue", icon=":material/check:")
    if row["closed_by"]:
        st.badge(t("closed by {name}", name=plain(row["closed_by"])), color="gray", icon=":material/close:")
    if row["silenced"]:
        st.badge(t("silenced"), color="gray", icon=":material/notifications_off:")
    if row["inhibited_by"]:
        st.badge(t("inhibited"), color="gray", icon=":material/notifications_off:")
    if row["escalation"]:
        st.badge(t("escalated"), color="orange", icon=":material/priority_high:")
    if row["disposition"]:
        st.badge(t(f"disposition {row['disposition']}"), color="gray")


def plain(name: str) -> str:
    r"""Nothing in a name is markup.

    >>> print(plain("J*P* · 摩根"))
    J\*P\* · 摩根
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", name)
