"""The state of the pipeline: whether counts add up, lags of stages, dead letters, silent sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st
from msgspec import json

from core.clock import SystemClock
from core.times import MINUTE, from_ms
from dashboard import data
from dashboard.queries.series import DeskState
from dashboard.viewer import Viewer
from dashboard.views.badges import plain
from dashboard.views.export_buttons import export_buttons
from dashboard.views.header import header, moment

STALE_MS = MINUTE
"""A running stage that has not reported for so long is shown as silent."""


def show(viewer: Viewer, desk: DeskState) -> None:
    """The whole page."""
    header(viewer, "Pipeline", period=False)
    parts = data.operations()
    _sum(viewer, desk, parts["sources"])
    _stages(viewer, parts["stages"])
    left, right = st.columns([0.6, 0.4], gap="medium")  # the left ones have the wide tables
    with left:
        _sources(viewer, parts["sources"], parts["health"])
        _progress(viewer, parts["progress"])
    with right:
        _dead(viewer, parts["dead"])
        _waiting(viewer, parts["waiting"])


def _sum(viewer: Viewer, desk: DeskState, sources: pd.DataFrame) -> None:
    t = viewer.t
    stored, twice, dead = (int(sources[name].sum()) for name in ("article", "duplicate", "dead"))
    read = int(sources["read"].fillna(0).sum())
    open_ = read - stored - twice - dead
    columns = st.columns([1, 1, 1, 1, 1.3])
    columns[0].metric(t("Read"), f"{read:,}", border=True)
    columns[1].metric(t("Stored"), f"{stored:,}", border=True)
    columns[2].metric(t("Duplicates"), f"{twice:,}", border=True)
    columns[3].metric(t("Dead letters"), f"{dead:,}", border=True)
    columns[4].metric(t("Decided up to (UTC)"), moment(desk.now)[5:], border=True)
    if open_ == 0:
        st.success(
            t("{read} read = {stored} stored + {dead} dead + {twice} duplicates: nothing is missing.",
              read=f"{read:,}", stored=f"{stored:,}", dead=f"{dead:,}", twice=f"{twice:,}"),
            icon=":material/check_circle:",
        )  # fmt: skip
    elif open_ > 0:
        st.info(
            t("{number} read and still in progress.", number=f"{open_:,}"), icon=":material/hourglass_top:"
        )
    else:
        st.caption(
            t(
                "More articles are stored than the sources' cursors count as read: pushed articles have no cursor."
            )
        )


def _stages(viewer: Viewer, rows: pd.DataFrame) -> None:
    t, now = viewer.t, SystemClock().now_ms()
    st.subheader(t("Stages"), anchor=False)
    if rows.empty:
        st.info(t("No stage has reported yet."))
        return
    table = []
    for row in newest(rows).itertuples():
        counters = json.decode(str(row.counters))
        silent = str(row.status) == "running" and now - int(str(row.updated_at)) > STALE_MS
        lag = counters.pop("lag", None)
        said = from_ms(int(str(row.updated_at)))
        table.append(
            {
                t("Stage"): t(str(row.stage)),
                t("Status"): t("silent") if silent else t(str(row.status)),
                t("Lag"): "–" if lag is None else f"{lag:,}",
                t("Counters since start"): counted(counters, t),
                t("Last report (UTC)"): f"{said:%Y-%m-%d %H:%M:%S}",
                t("Process"): str(row.instance),
            }
        )
    # Not a dataframe, which cuts off what is longer than its cell: this wraps it. Its cells are Markdown.
    st.table(pd.DataFrame(table).map(plain), hide_index=True, alt=t("Stages"))


def newest(rows: pd.DataFrame) -> pd.DataFrame:
    """The processes that run, and of each stage its newest one: what ended and was started again is past."""
    last = ~rows["stage"].duplicated(keep="last")
    return rows[last | (rows["status"] == "running")]


def counted(counters: Mapping[str, float], t: Callable[[str], str]) -> str:
    """What a stage has counted, in words; a line breaks between two of them only.

    >>> counted({"busy_s": 12.266, "panes_closed": 41168.0, "watermark": 1774879860000}, str).replace("\\xa0", " ")
    'busy 12.27 s · panes closed 41,168 · watermark 2026-03-30 14:11'
    """
    said = []
    for name, value in sorted(counters.items()):
        called = t(key := f"counted {name}")
        if called == key:
            called = name.removesuffix("_s").replace("_", " ")
        said.append(f"{called} {_figure(name, value)}".replace(" ", "\xa0"))
    return " · ".join(said)


def _figure(name: str, value: float) -> str:
    if name == "watermark":
        return moment(int(value))
    figure = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    return f"{figure} s" if name.endswith("_s") else figure


def _sources(viewer: Viewer, sources: pd.DataFrame, health: pd.DataFrame) -> None:
    t = viewer.t
    st.subheader(t("Sources"), anchor=False)
    if sources.empty:
        st.info(t("No source has been read yet."))
        return
    table = sources.merge(health[["source", "status", "expected", "seen"]], on="source", how="left")
    # A dump's cursor counts what was read of the whole file; its articles name sources of their own.
    table = table[(table[["article", "duplicate", "dead"]].sum(axis=1) > 0) | table["status"].notna()]
    table["status"] = [
        t("NA") if status != status or status is None else t(str(status)) for status in table["status"]
    ]
    st.dataframe(
        table,
        hide_index=True,
        column_order=["source", "status", "article", "duplicate", "dead", "expected", "seen"],
        column_config={
            "source": st.column_config.TextColumn(t("Source")),
            "status": st.column_config.TextColumn(t("State"), width="small"),
            "article": st.column_config.NumberColumn(t("Stored"), format="localized"),
            "duplicate": st.column_config.NumberColumn(t("Duplicates"), format="localized"),
            "dead": st.column_config.NumberColumn(t("Dead letters"), format="localized"),
            "expected": st.column_config.NumberColumn(
                t("Expected"), format="%.1f", help=t("From the source's usual publication rhythm")
            ),
            "seen": st.column_config.NumberColumn(t("Received"), format="localized"),
        },
        placeholder="–",
        alt=t("Sources"),
    )
    export_buttons(viewer, table, "newsquake-sources", "sources")


def _dead(viewer: Viewer, reasons: pd.DataFrame) -> None:
    t = viewer.t
    st.subheader(t("Dead letters"), anchor=False)
    if reasons.empty:
        st.success(t("None."), icon=":material/check_circle:")
        return
    picked = st.segmented_control(
        t("Reason"),
        list(reasons["reason"]),
        default=reasons["reason"].iloc[0],
        required=True,
        format_func=lambda name: f"{name} {int(reasons.set_index('reason').loc[name, 'number']):,}",
        key="dead-reason",
    )
    letters = data.dead_letters(picked or str(reasons["reason"].iloc[0]))
    letters = letters.assign(at=[from_ms(int(at)).replace(tzinfo=None) for at in letters["at"]])
    st.dataframe(
        letters,
        hide_index=True,
        height=260,
        column_order=["detail", "source", "origin", "attempts", "at"],
        column_config={
            "detail": st.column_config.TextColumn(t("Error"), width="medium"),
            "source": st.column_config.TextColumn(t("Source")),
            "origin": st.column_config.TextColumn(t("Origin")),
            "attempts": st.column_config.NumberColumn(t("Attempts"), width="small"),
            "at": st.column_config.DatetimeColumn(t("Time (UTC)"), format="YYYY-MM-DD HH:mm"),
        },
        alt=t("Dead letters"),
    )


def _waiting(viewer: Viewer, rows: pd.DataFrame) -> None:
    t = viewer.t
    st.subheader(t("Notifications"), anchor=False)
    if rows.empty:
        st.caption(t("No notifications were due."))
        return
    st.dataframe(
        rows.assign(status=[t(str(status)) for status in rows["status"]]),
        hide_index=True,
        column_config={
            "channel": st.column_config.TextColumn(t("Channel")),
            "status": st.column_config.TextColumn(t("Status")),
            "number": st.column_config.NumberColumn(t("Number"), format="localized"),
        },
        alt=t("Notifications"),
    )


def _progress(viewer: Viewer, rows: pd.DataFrame) -> None:
    t = viewer.t
    st.subheader(t("Desks"), anchor=False)
    if rows.empty:
        return
    table = rows.assign(
        marker=[from_ms(int(at)).replace(tzinfo=None) for at in rows["marker"]],
        watermark=[None if at != at else from_ms(int(at)).replace(tzinfo=None) for at in rows["watermark"]],
    )
    time = st.column_config.DatetimeColumn
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "desk": st.column_config.TextColumn(t("Desk")),
            "partition": st.column_config.NumberColumn(t("Partition"), width="small"),
            "next_offset": st.column_config.NumberColumn(t("Next offset"), format="localized"),
            "marker": time(t("Newest marker"), format="YYYY-MM-DD HH:mm"),
            "watermark": time(t("Watermark"), format="YYYY-MM-DD HH:mm"),
        },
        alt=t("Desks"),
    )
