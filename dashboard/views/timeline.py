"""An alert's timeline: its changes, notifications, and actions of people and timers, by time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st
from msgspec import json

from alerts.handling.suppression import SuppressionReason
from core.times import from_ms
from dashboard.viewer import Viewer

_LINES = 20
"""Lines of the timeline that are all shown."""
ABOUT = {
    SuppressionReason.CLOSED: "closed by {name}",
    SuppressionReason.INHIBITED: "by alert {name}",
    SuppressionReason.FOLDED: "into incident {name}",
    SuppressionReason.DIGEST: "in {name}",
}
"""Details of a suppression reason that name a person, an alert or an incident."""


def timeline(viewer: Viewer, parts: Mapping[str, pd.DataFrame]) -> None:
    """The table. `parts`: lines, deliveries and actions, see dashboard/queries/alerts.py."""
    t = viewer.t
    st.subheader(t("Timeline"), anchor=False)
    table = pd.DataFrame(happened(viewer, parts), columns=["time", "who", "what"])
    # By time, and what came first first within a time. Of a replay the rule's lines stand before all else.
    table = table.sort_values("time", kind="stable", ignore_index=True)
    table["time"] = [from_ms(int(at)).replace(tzinfo=None) for at in table["time"]]
    st.dataframe(
        table,
        hide_index=True,
        height="content" if len(table) <= _LINES else "auto",
        column_config={
            "time": st.column_config.DatetimeColumn(t("Time (UTC)"), format="YYYY-MM-DD HH:mm", width=130),
            "who": st.column_config.TextColumn(t("By"), width="small"),
            "what": st.column_config.TextColumn(t("Event")),
        },
        alt=t("Timeline"),
    )
    if len(parts["deliveries"]) or len(parts["actions"]):
        st.caption(t("The rule's lines are in event time; actions and deliveries are in wall-clock time."))


def happened(viewer: Viewer, parts: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """The rows of the timeline (time, who, what): the rule's lines first, then deliveries, then actions."""
    t = viewer.t
    rows = [
        {"time": row.decided_at, "who": t("rule"), "what": f"{t(str(row.state))} · {t(str(row.severity))}"}
        for row in parts["lines"].itertuples()
    ]
    escalated = set()
    for _, row in parts["deliveries"].iterrows():
        when = row["sent_at"] if pd.notna(row["sent_at"]) else row["created_at"]
        status = "waiting" if row["status"] == "pending" else row["status"]
        said = f"{t('notified ' + row['event'])} · {t(status)}"
        if row["error"]:
            said += f" · {_why(viewer, str(row['reason']), str(row['error']))}"
        rows.append({"time": when, "who": row["channel"], "what": said})
        if row["event"] == "escalated":
            escalated.add(row["created_at"])
    for _, row in parts["actions"].iterrows():
        if row["action"] == "alert.escalate" and row["at"] in escalated:
            continue  # its deliveries say so, channel by channel
        said = _action(viewer, row["action"], json.decode(row["detail"]))
        rows.append({"time": row["at"], "who": row["actor"], "what": said})
    return rows


def _why(viewer: Viewer, reason: str, error: str) -> str:
    """Why it was not sent: a reason of ours in the viewer's language, or what the channel answered."""
    if not reason:
        return error
    t, why = viewer.t, SuppressionReason(reason)
    detail = error.partition(": ")[2]
    head = ABOUT.get(why, "").removesuffix("{name}")
    if why is SuppressionReason.DISPOSED:
        detail = t(f"disposition {detail.removeprefix('disposed as ')}")
    elif head and detail.startswith(head):
        detail = t(ABOUT[why], name=detail.removeprefix(head))
    elif why not in (
        SuppressionReason.SILENCED,
        SuppressionReason.MAINTENANCE,
    ):  # of which people say themselves why
        detail = t(detail)
    return f"{t(str(why))}: {detail}"


def _action(viewer: Viewer, action: str, detail: Any) -> str:
    """`judged (false alarm): one outlet only`."""
    t, known = viewer.t, detail if isinstance(detail, dict) else {}
    said = t(action)
    if judged := known.get("disposition"):
        said += f" ({t(f'disposition {judged}')})"
    if channels := known.get("to"):
        said += f" ({', '.join(channels)})"
    return f"{said}: {known['reason']}" if known.get("reason") else said
