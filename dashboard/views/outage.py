"""An outage of a source: what its rhythm expected, day by day, or what its items lack."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from alerts.evidence.outage_sentence import count, share
from dashboard.viewer import Viewer
from dashboard.views.header import moment


def outage_numbers(viewer: Viewer, row: pd.Series, pack: dict[str, Any]) -> None:
    """The sentence, its figures, and the days behind them. `pack`: its evidence, empty where there is none."""
    t, proof = viewer.t, pack.get("outage", {})
    st.subheader(t("Explanation"), anchor=False)
    if said := pack.get("sentence", {}).get(viewer.language):
        st.text(said)
    told = proof.get("told", {})
    if proof.get("kind") == "silent":
        one, two, three = st.columns(3)
        one.metric(t("Articles expected"), count(proof["expected"]), border=True)
        two.metric(t("Articles seen"), "0", border=True)
        three.metric(t("p-value"), viewer.p_value(proof["p_value"]), border=True)
        _days(viewer, proof)
        clock = {"zone": told.get("timezone", "UTC"), "market": told.get("calendar") or t("NA")}
        st.caption(t("By the source's clock ({zone}); holidays of {market} count as Sundays.", **clock))
    elif proof.get("kind") == "misshapen":
        cells = st.columns(4)
        cells[0].metric(t("Complete items now"), f"{told['whole']} / {told['items']}", border=True)
        cells[1].metric(t("Complete items before"), share(proof["expected"]), border=True)
        cells[2].metric(t("Without title"), str(told["without_title"] + told["without_both"]), border=True)
        cells[3].metric(t("Without body"), str(told["without_body"] + told["without_both"]), border=True)
    elif proof.get("kind") == "unreachable":
        one, two = st.columns(2)
        one.metric(t("Failed attempts in a row"), f"{proof.get('observed') or 0:.0f}", border=True)
        two.metric(t("Failing since (UTC)"), moment(proof["since"]), border=True)
        if proof.get("detail"):
            st.text(proof["detail"])
    version, onset = str(row["rule_version"])[:12], moment(row["onset"])
    said = {"rule": row["rule"], "version": version, "onset": onset}
    st.caption(t("Rule {rule}, version {version}. Since {onset} UTC.", **said))


def _days(viewer: Viewer, proof: dict[str, Any]) -> None:
    t, names = viewer.t, _WEEKDAYS[viewer.language == "zh"]
    days = proof.get("days", [])
    if not days:
        return
    table = pd.DataFrame(
        {
            "day": [f"{names[day['weekday']]} {day['day']}" for day in days],
            "hours": [day["hours"] for day in days],
            "expected": [day["expected"] for day in days],
            "as": [t("holiday") if day["holiday"] else "" for day in days],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config={
            "day": st.column_config.TextColumn(t("Day")),
            "hours": st.column_config.NumberColumn(t("Hours"), format="%.1f"),
            "expected": st.column_config.NumberColumn(t("Articles expected"), format="%.1f"),
            "as": st.column_config.TextColumn(t("Counts as Sunday")),
        },
        alt=t("Articles expected"),
    )


_WEEKDAYS = (
    ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
)
