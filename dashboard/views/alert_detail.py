"""One alert: why it fired (the sentence, the numbers, the chart, the articles), what happened since, and what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st
from msgspec import DecodeError, json

from alerts.evidence.number_text import figure, tiny
from alerts.records import SEVERITIES
from alerts.rules.outage_rule import is_outage
from core.times import DAY, HOUR
from dashboard import data, names
from dashboard.charts.series import sentiment, volume
from dashboard.measures import brief
from dashboard.period import Period, width_for
from dashboard.queries.series import DeskState
from dashboard.viewer import Viewer
from dashboard.views import links
from dashboard.views.alert_actions import alert_actions
from dashboard.views.article_table import article_table
from dashboard.views.badges import badges, plain
from dashboard.views.header import moment
from dashboard.views.outage import outage_numbers
from dashboard.views.series import frames
from dashboard.views.timeline import timeline

_BEFORE, _AFTER = 3 * DAY, 36 * HOUR
"""What the chart shows of the time around an alert."""
_OTHERS = 4
"""Alerts of the same incident that are named."""


def alert_detail(viewer: Viewer, desk: DeskState, ident: str) -> None:
    """Everything about the alert with this id."""
    t = viewer.t
    parts = data.alert(desk.desk, ident)
    if parts["one"].empty:
        st.warning(t("This desk has no such alert."))
        return
    row = parts["one"].iloc[0]
    lines = [json.decode(line) for line in parts["lines"]["line"]]
    peak, pack = _peak(parts["lines"])
    st.divider()
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        badges(viewer, row)
        st.text(names.title(row["series"], viewer.language, data.company_name))
        st.caption(f"{t('Alert')} {ident[:12]}", width="content")
    _together(viewer, desk, ident, str(row["incident"]))
    why, do = st.columns([0.68, 0.32], gap="medium")
    with why:
        if is_outage(row["series"]):
            outage_numbers(viewer, row, pack)
        else:
            _numbers(viewer, row, peak, pack)
            _around(viewer, desk, row, pack.get("rule", {}).get("metric", ""))
        timeline(viewer, parts)
    with do:
        alert_actions(viewer, desk, row)
    _evidence(viewer, desk, ident, parts, lines, pack)


def _together(viewer: Viewer, desk: DeskState, ident: str, incident: str) -> None:
    """The other alerts of its incident: people were notified of all of them once."""
    others = data.together(desk.desk, ident, incident)
    if not others:
        return
    t = viewer.t
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption(t("Same incident:"), width="content")
        for one in others[:_OTHERS]:
            name = names.title(one["series"], viewer.language, data.company_name)
            label = plain(f"{name} · {one['rule']} · {t(one['severity'])} · {t(one['state'])}")
            if st.button(label, key=f"other-{one['id']}", type="tertiary", icon=":material/link:"):
                links.go("alerts", alert=one["id"])
        if len(others) > _OTHERS:
            st.caption(t("and {number} more", number=len(others) - _OTHERS), width="content")


def _peak(lines: pd.DataFrame) -> tuple[dict[str, Any], dict[str, Any]]:
    """The line at which the alert was most severe, and that line's evidence pack; empty where there is none."""
    best: tuple[int, dict[str, Any], dict[str, Any]] = (-1, {}, {})
    for _, row in lines.iterrows():
        rank = SEVERITIES.index(row["severity"]) if row["state"] != "resolved" else -1
        if rank > best[0] or not best[1]:
            best = (rank, json.decode(row["line"]), _read(row["evidence"]))
    return best[1], best[2]


def _read(stored: bytes) -> dict[str, Any]:
    try:
        pack = json.decode(stored) if stored else {}
    except DecodeError:
        return {}
    return pack if isinstance(pack, dict) else {}


def _numbers(viewer: Viewer, row: pd.Series, peak: dict[str, Any], pack: dict[str, Any]) -> None:
    t = viewer.t
    st.subheader(t("Explanation"), anchor=False)
    if not peak:
        st.caption(t("Its record has not been written yet."))
        return
    if said := pack.get("sentence", {}).get(viewer.language):
        st.text(said)
    metric = pack.get("rule", {}).get("metric", "")
    with st.container(horizontal=True, gap="small"):  # on a narrow page they stand in two lines
        st.metric(t("Observed"), _figure(viewer, metric, peak.get("observed")), border=True)
        st.metric(t("Expected"), _expected(viewer, metric, peak.get("expected")), border=True)
        st.metric(t("p-value"), viewer.p_value(peak.get("p_value")), border=True)
        st.metric(t("Stories"), f"{peak['stories']:,}", border=True)
        st.metric(t("Publishers"), f"{peak['publishers']:,}", border=True)
    st.caption(
        t(
            "Rule {rule}, version {version}. Since {onset} UTC, decided {decided} UTC from {articles} articles.",
            rule=row["rule"],
            version=str(row["rule_version"])[:12],
            onset=moment(row["onset"]),
            decided=str(peak["decided_at"])[:16].replace("T", " "),
            articles=f"{peak['articles']:,}",
        )
    )


def _figure(viewer: Viewer, metric: str, value: float | None) -> str:
    if value is None:
        return viewer.t("NA")
    return figure(metric, value) if metric else brief(value)


def _expected(viewer: Viewer, metric: str, value: float | None) -> str:
    return "< 0.1" if tiny(metric, value) else _figure(viewer, metric, value)


def _around(viewer: Viewer, desk: DeskState, row: pd.Series, metric: str) -> None:
    """The series from three days before the onset to a day and a half after the end: what the rule counts, or the
    negative share; and below it all articles.
    """
    ended = row["resolved_at"]
    end = min(desk.now, int(ended) + _AFTER) if pd.notna(ended) else desk.now
    start = max(desk.first, int(row["onset"]) - _BEFORE)
    end = max(end, start + HOUR)
    near = replace(viewer, period=Period(start, end, width_for(end - start, 90)))
    shown, frame, marks = frames(near, desk, row["series"])
    if not shown or not frame["articles"].sum():
        return
    t, counts = viewer.t, frame[["slot", "label", "articles", "negative", "decided"]]
    if metric == "negative_stories":
        stories = data.negative_stories(desk.desk, row["series"], near.period)
        stories = counts.drop(columns="negative").merge(stories, on="slot", how="left")
        st.altair_chart(
            volume(
                stories.fillna({"negative": 0}),
                marks,
                shown,
                near.period,
                t,
                height=150,
                pick=False,
                of="negative",
            ),
            width="stretch",
            alt=t("Negative stories around the alert"),
        )
    else:
        shares = frame[["slot", "label", "decided", "share", "share_low", "share_high"]]
        st.altair_chart(
            sentiment(shares, "share", marks, shown, near.period, viewer.palette, t, height=150),
            width="stretch",
            alt=t("Negative share around the alert"),
        )
    st.altair_chart(
        volume(counts, marks, shown, near.period, t, height=110, pick=False),
        width="stretch",
        alt=t("Articles around the alert"),
    )


def _evidence(
    viewer: Viewer,
    desk: DeskState,
    ident: str,
    parts: dict[str, pd.DataFrame],
    lines: list[dict[str, Any]],
    pack: dict[str, Any],
) -> None:
    t = viewer.t
    telling = pack.get("headlines", [])
    listed = [article["id"] for article in pack.get("articles", [])]
    ids = tuple(
        dict.fromkeys([*telling, *listed, *(name for line in lines for name in line.get("article_ids", []))])
    )
    found = data.by_id(desk.desk, ids)
    order = {name: place for place, name in enumerate(telling)}
    found = found.assign(place=[order.get(name, len(order)) for name in found["id"]])
    found = found.sort_values(["place", "available_at"], ascending=[True, False], kind="stable")
    if len(found) or not is_outage(str(parts["one"].iloc[0]["series"])):
        st.subheader(t("Evidence: {number} articles", number=len(found)), anchor=False)
        if telling:
            st.caption(t("Most representative first."))
        article_table(viewer, desk, found.drop(columns="place"), f"alert-{ident}")
    with st.expander(t("Record of the decision: lines of alerts.jsonl and the evidence pack")):
        st.code("\n".join(parts["lines"]["line"]), language="json", wrap_lines=True)
        if pack:
            st.download_button(
                t("Download {kind}", kind=t("evidence pack")),
                json.encode(pack),
                f"evidence-{ident}.json",
                "application/json",
                on_click="ignore",
                icon=":material/download:",
                type="tertiary",
            )
