"""Alerts: which, why, since when, what was done; and what you do about one, with a reason."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from alerts.errors import InvalidArgument
from alerts.handling.actions import SEVERAL, TOO_SHORT
from core.ids import digest
from core.times import from_ms
from dashboard import data, names
from dashboard.charts.palette import SEVERITY_ORDER
from dashboard.queries.alerts import WantedAlerts
from dashboard.queries.series import DeskState
from dashboard.viewer import Viewer
from dashboard.views.alert_detail import alert_detail
from dashboard.views.export_buttons import export_buttons
from dashboard.views.header import header
from dashboard.views.silences import silences


def show(viewer: Viewer, desk: DeskState) -> None:
    """The list, and below it the alert that was picked."""
    header(viewer, "Alerts")
    found = _list(viewer, desk)
    silences(viewer, desk)
    asked = st.query_params.get("alert", "").strip()
    if not asked and len(found):
        asked = str(found.iloc[0]["id"])
    if not asked:
        return
    try:
        ident = data.called(desk.desk, asked)
    except InvalidArgument as error:
        known = error.requirement in (TOO_SHORT, SEVERAL)
        said = viewer.t(error.requirement) if known else viewer.t("This desk has no such alert.")
        st.warning(said[:1].upper() + said[1:])
        st.text(f"{viewer.t('Alert')} {asked[:40]}")
    else:
        alert_detail(viewer, desk, ident)


def _list(viewer: Viewer, desk: DeskState) -> pd.DataFrame:
    t = viewer.t
    any_ = t("any")
    with st.container(
        horizontal=True, gap="small", vertical_alignment="bottom"
    ):  # in lines, on a narrow page
        kinds = ["market", "outage"]
        kind = st.selectbox(t("Kind"), kinds, index=None, format_func=t, placeholder=any_, width=115)
        states = st.multiselect(
            t("State"), ["firing", "resolved", "pending"], format_func=t, placeholder=any_, width=140
        )
        severities = st.multiselect(
            t("Severity"), list(SEVERITY_ORDER), format_func=t, placeholder=any_, width=160
        )
        rules = data.alert_rules(desk.desk)
        rule = st.selectbox(t("Rule"), rules, index=None, placeholder=any_, width=165)
        text = st.text_input(t("Series contains"), placeholder="US:AAPL, energy, @zh", width=170)
        unhandled = st.toggle(t("Only unhandled"))
    wanted = WantedAlerts(
        viewer.period.start,
        viewer.period.end,
        tuple(states),
        tuple(severities),
        rule or "",
        text,
        unhandled,
        kind or "",
    )
    found = data.find_alerts(desk.desk, wanted)
    if found.empty:
        st.info(t("No alert in this period."))
        return found
    table = pd.DataFrame(
        {
            "onset": [from_ms(int(at)).replace(tzinfo=None) for at in found["onset"]],
            "severity": [t(name) for name in found["severity"]],
            "state": [t(name) for name in found["state"]],
            "series": [names.title(name, viewer.language, data.company_name) for name in found["series"]],
            "rule": found["rule"],
            "handling": [_handling(viewer, row) for _, row in found.iterrows()],
        }
    )
    event = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        # A row's place is no name: where other rows come in, a new table begins, with nothing chosen.
        key=f"alert-list-{digest(*found['id'])}",
        height="content" if len(table) <= 8 else 320,
        column_config={
            "onset": st.column_config.DatetimeColumn(t("Since"), format="YYYY-MM-DD HH:mm"),
            "severity": st.column_config.TextColumn(t("Severity"), width="small"),
            "state": st.column_config.TextColumn(t("State"), width="small"),
            "series": st.column_config.TextColumn(t("Series"), width="medium"),
            "rule": st.column_config.TextColumn(t("Rule")),
            "handling": st.column_config.TextColumn(t("Handling"), width="large"),
        },
        alt=t("Alerts"),
    )
    export_buttons(viewer, found, "newsquake-alerts", "alerts")
    if event.selection.rows:
        st.query_params["alert"] = str(found.iloc[event.selection.rows[0]]["id"])
    return found


def _handling(viewer: Viewer, row: pd.Series) -> str:
    t = viewer.t
    said = [t(f"disposition {row['disposition']}")] if row["disposition"] else []
    if row["acknowledged"]:
        said.append(t("acknowledged by {name}", name=row["acknowledged_by"]))
    if row["closed_by"]:
        said.append(t("closed by {name}", name=row["closed_by"]))
    if row["silenced"]:
        said.append(t("silenced"))
    if row["inhibited_by"]:
        said.append(t("inhibited"))
    if row["escalation"] and row["state"] == "firing":
        said.append(t("escalated"))
    return ", ".join(said)
