"""The actions on an alert. Each needs a reason and is recorded under the person's name."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from alerts.evidence.vocabulary import span_words
from dashboard import actions, context, data, who
from dashboard.queries.series import DeskState
from dashboard.viewer import Viewer
from dashboard.views.silences import SPANS, listed
from dashboard.views.submit import do


def alert_actions(viewer: Viewer, desk: DeskState, row: pd.Series) -> None:
    """The form: a reason, and what to do; below it the silences that hold for this alert."""
    t, actor = viewer.t, who.actor()
    st.subheader(t("Handling"), anchor=False)
    if row["reason"]:
        st.caption(t("Last reason:"))
        st.text(row["reason"])
    if actor:
        with st.form(f"handle-{row['id']}"):
            _form(viewer, desk, row, actor)
    else:
        st.info(t("Read-only. To act, sign in, or open this page on the machine it runs on."))
    mine = [
        one
        for one in data.silences(desk.desk)
        if one.matches(row["rule"], row["series"], row["severity"], row["id"])
    ]
    listed(viewer, desk, mine, "alert")


def _form(viewer: Viewer, desk: DeskState, row: pd.Series, actor: str) -> None:
    t, ident, store = viewer.t, row["id"], context.writable()
    reason = st.text_input(
        t("Reason (required)"),
        max_chars=500,
        placeholder=t("your finding, in a few words"),
        key=f"reason-{ident}",
    )
    said = {"actor": actor, "reason": reason}
    open_ = row["state"] != "resolved" and not row["closed_by"]
    if open_ or (row["acknowledged"] and row["state"] != "resolved"):
        if row["acknowledged"]:
            label, verb, icon = t("Remove acknowledgement"), actions.unacknowledge, ":material/undo:"
        else:
            label, verb, icon = t("Acknowledge until resolved"), actions.acknowledge, ":material/check:"
        if st.form_submit_button(label, icon=icon, type="primary", width="stretch"):
            do(viewer, partial(verb, store, desk.desk, ident, **said))
    verdict = st.selectbox(
        t("Disposition"),
        ("", *actions.DISPOSITIONS),
        index=("", *actions.DISPOSITIONS).index(row["disposition"]),
        format_func=lambda name: t(f"disposition {name}") if name else t("not set"),
        key=f"was-{ident}-{row['disposition']}",
    )
    with st.container(horizontal=True, gap="small"):
        judged = st.form_submit_button(t("Set disposition"), icon=":material/gavel:", width="stretch")
        hint = t(
            "Those who were notified are notified of the end only. A chosen disposition is recorded too."
        )
        closed = open_ and st.form_submit_button(
            t("Close"), icon=":material/close:", width="stretch", help=hint
        )
    if judged and not verdict:
        st.error(t("Choose a disposition."))
    elif judged:
        do(viewer, partial(actions.dispose, store, desk.desk, ident, verdict, **said))
    if closed:
        do(viewer, partial(actions.close, store, desk.desk, ident, verdict, **said))
    span = st.selectbox(
        t("Silence for"),
        SPANS,
        format_func=lambda ms: span_words(ms, viewer.language),
        key=f"span-{ident}",
        help=t(
            "For this long, the rule sends no notifications about this series; alerts are still decided and shown."
        ),
    )
    if st.form_submit_button(t("Silence"), icon=":material/notifications_off:", width="stretch"):
        matchers = {"rule": row["rule"], "series": row["series"]}
        do(viewer, partial(actions.silence, store, desk.desk, matchers, span, **said))
    st.caption(t("Recorded under {name} in the tamper-evident audit log.", name=actor))
