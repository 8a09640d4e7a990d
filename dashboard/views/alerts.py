"""Alerts: which, why, since when, what was done; and what you do about one, with a reason."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from msgspec import json

from core.times import DAY, HOUR, from_ms
from dashboard import data, names
from dashboard.charts.palette import SEVERITY_ORDER
from dashboard.charts.series import sentiment, volume
from dashboard.measures import odds
from dashboard.views.alert_actions import actions
from dashboard.views.article_table import article_table
from dashboard.views.header import header, moment
from dashboard.views.overview import SEVERITY_BADGES
from dashboard.views.series import frames
from dashboard.period import Period, width_for
from dashboard.queries.alerts import WantedAlerts
from dashboard.queries.series import DeskState
from dashboard.viewer import Viewer


def show(viewer: Viewer, desk: DeskState) -> None:
    """The list, and below it the alert that was picked."""
    header(viewer, "Alerts")
    found = _list(viewer, desk)
    asked = st.query_params.get("alert", "")
    if not asked and len(found):
        asked = str(found.iloc[0]["id"])
    if asked:
        _detail(viewer, desk, asked)


def _list(viewer: Viewer, desk: DeskState) -> pd.DataFrame:
    t = viewer.t
    one, two, three, four, five = st.columns([0.2, 0.25, 0.2, 0.2, 0.15], vertical_alignment="bottom")
    states = one.multiselect(t("State"), ["firing", "resolved", "pending"], format_func=t, placeholder=t("any"))
    severities = two.multiselect(t("Severity"), list(SEVERITY_ORDER), format_func=t, placeholder=t("any"))
    rule = three.selectbox(t("Rule"), data.alert_rules(desk.desk), index=None, placeholder=t("any"))
    text = four.text_input(t("Series contains"), placeholder="US:AAPL, energy, @zh")
    unhandled = five.toggle(t("Only unhandled"))
    wanted = WantedAlerts(
        viewer.period.start, viewer.period.end, tuple(states), tuple(severities), rule or "", text, unhandled
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
            "handling": [_handling(row, t) for row in found.itertuples()],
        }
    )
    event = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="alert-list",
        height=min(300, 38 + 35 * len(table)),
        column_config={
            "onset": st.column_config.DatetimeColumn(t("Since"), format="YYYY-MM-DD HH:mm"),
            "severity": st.column_config.TextColumn(t("Severity"), width="small"),
            "state": st.column_config.TextColumn(t("State"), width="small"),
            "series": st.column_config.TextColumn(t("Series"), width="large"),
            "rule": st.column_config.TextColumn(t("Rule")),
            "handling": st.column_config.TextColumn(t("Handling"), width="medium"),
        },
        alt=t("Alerts"),
    )
    if event.selection.rows:
        st.query_params["alert"] = str(found.iloc[event.selection.rows[0]]["id"])
    return found


def _handling(row: object, t) -> str:  # type: ignore[no-untyped-def] # noqa: ANN001
    said = [t(row.disposition)] if row.disposition else []  # type: ignore[attr-defined]
    if row.acknowledged:  # type: ignore[attr-defined]
        said.append(t("acknowledged by {name}", name=row.acknowledged_by))  # type: ignore[attr-defined]
    if row.silenced:  # type: ignore[attr-defined]
        said.append(t("silenced"))
    if row.inhibited_by:  # type: ignore[attr-defined]
        said.append(t("inhibited"))
    return ", ".join(said)


def _detail(viewer: Viewer, desk: DeskState, ident: str) -> None:
    t = viewer.t
    parts = data.alert(desk.desk, ident)
    if parts["one"].empty:
        st.warning(t("This desk has no such alert."))
        return
    row = parts["one"].iloc[0]
    lines = [json.decode(line) for line in parts["lines"]["line"]]
    st.divider()
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.badge(t(row["severity"]), color=SEVERITY_BADGES.get(row["severity"], "gray"))
        st.badge(t(row["state"]), color="red" if row["state"] == "firing" else "gray")
        if row["acknowledged"]:
            st.badge(t("acknowledged"), color="blue")
        st.text(names.title(row["series"], viewer.language, data.company_name))
    why, do = st.columns([0.68, 0.32], gap="medium")
    with why:
        _numbers(viewer, row, lines)
        _around(viewer, desk, row)
    with do:
        actions(viewer, desk, row)
        _timeline(viewer, parts)
    ids = tuple(dict.fromkeys(ident for line in lines for ident in line.get("article_ids", [])))
    st.subheader(t("Evidence: {number} articles", number=len(ids)), anchor=False)
    article_table(viewer, desk, data.by_id(desk.desk, ids), f"alert-{ident}")
    with st.expander(t("As it stands in alerts.jsonl")):
        st.code("\n".join(parts["lines"]["line"]), language="json", wrap_lines=True)


def _numbers(viewer: Viewer, row: pd.Series, lines: list[dict[str, object]]) -> None:
    t = viewer.t
    st.subheader(t("Why"), anchor=False)
    if not lines:
        st.caption(t("Its line has not been written yet."))
        return
    first = lines[0]
    columns = st.columns(5)
    columns[0].metric(t("Observed"), _number(first.get("observed"), t), border=True)
    columns[1].metric(t("Expected"), _number(first.get("expected"), t), border=True)
    chance = first.get("p_value")
    columns[2].metric(t("By chance"), odds(float(chance)) if chance is not None else t("NA"), border=True)  # type: ignore[arg-type]
    columns[3].metric(t("Stories"), f"{first['stories']:,}", f"{first['articles']:,} {t('Articles')}", border=True,
                      delta_color="off", delta_arrow="off")  # fmt: skip
    columns[4].metric(t("Publishers"), f"{first['publishers']:,}", border=True)
    st.caption(
        t(
            "Rule {rule}, version {version}. Since {onset} UTC, decided {decided} UTC.",
            rule=f"`{row['rule']}`",
            version=f"`{str(row['rule_version'])[:12]}`",
            onset=moment(row["onset"]),
            decided=str(first["decided_at"])[:16].replace("T", " "),
        )
    )


def _number(value: object, t) -> str:  # type: ignore[no-untyped-def] # noqa: ANN001
    return t("NA") if value is None else f"{float(value):,.3g}"  # type: ignore[arg-type]


def _around(viewer: Viewer, desk: DeskState, row: pd.Series) -> None:
    """The series from three days before the onset to a day and a half after its end."""
    end = min(desk.now, int(row["resolved_at"] if row["resolved_at"] == row["resolved_at"] and row["resolved_at"] else desk.now) + 36 * HOUR)
    start = max(desk.first, int(row["onset"]) - 3 * DAY)
    near = Viewer(
        viewer.language, viewer.palette, viewer.dark, Period(start, max(end, start + HOUR), width_for(end - start, 90)),
        viewer.period_name, viewer.skip_gaps,
    )  # fmt: skip
    shown, frame, marks = frames(near, desk, row["series"])
    if not shown:
        return
    t = viewer.t
    st.altair_chart(
        sentiment(
            frame[["slot", "label", "decided", "share", "share_low", "share_high"]],
            "share", marks, shown, near.period, viewer.palette, t, 150,
        ),
        width="stretch",
        alt=t("Negative share around the alert"),
    )  # fmt: skip
    st.altair_chart(
        volume(frame[["slot", "label", "articles", "negative", "decided"]], marks, shown, near.period, t, 110),
        width="stretch",
        alt=t("Articles around the alert"),
    )


def _timeline(viewer: Viewer, parts: dict[str, pd.DataFrame]) -> None:
    t = viewer.t
    st.subheader(t("Timeline"), anchor=False)
    rows = [
        {"time": row.decided_at, "what": f"{t(str(row.state))} · {t(str(row.severity))}", "who": t("rule")}
        for row in parts["lines"].itertuples()
    ]
    rows += [
        {"time": row.sent_at or row.created_at, "what": f"{row.channel}: {row.event} · {t(str(row.status))}",
         "who": t("delivery")}
        for row in parts["deliveries"].itertuples()
    ]  # fmt: skip
    rows += [{"time": row.at, "what": row.action, "who": row.actor} for row in parts["deeds"].itertuples()]
    table = pd.DataFrame(rows, columns=["time", "what", "who"])
    table["time"] = [from_ms(int(at)).replace(tzinfo=None) for at in table["time"]]
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "time": st.column_config.DatetimeColumn(t("Time (UTC)"), format="YYYY-MM-DD HH:mm:ss"),
            "what": st.column_config.TextColumn(t("What")),
            "who": st.column_config.TextColumn(t("By")),
        },
        alt=t("Timeline"),
    )
