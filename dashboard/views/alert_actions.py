"""What a person may do with an alert. Every deed needs a reason and is recorded under the person's name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from alerts.words import span_words
from core.errors import ConfigError, StoreUnavailable
from core.times import DAY, HOUR, WEEK
from dashboard import actions, context, data, who
from dashboard.queries.series import DeskState
from dashboard.viewer import Viewer

_SPANS = (HOUR, 8 * HOUR, DAY, WEEK)


def alert_actions(viewer: Viewer, desk: DeskState, row: pd.Series) -> None:
    """The form: a reason, and what to do."""
    t, actor = viewer.t, who.actor()
    st.subheader(t("Handling"), anchor=False)
    if row["reason"]:
        st.caption(t("Last reason given:"))
        st.text(row["reason"])
    if not actor:
        st.info(t("You may look. To act, sign in, or open the page on the machine it runs on."))
        return
    with st.form(f"handle-{row['id']}"):
        reason = st.text_input(
            t("Reason (needed)"),
            max_chars=500,
            placeholder=t("what you found, in a few words"),
            key=f"reason-{row['id']}",
        )
        if row["state"] != "resolved":
            if row["acknowledged"]:
                label, verb, icon = t("Un-acknowledge"), actions.unacknowledge, ":material/undo:"
            else:
                label, verb, icon = t("Acknowledge until it clears"), actions.acknowledge, ":material/check:"
            if st.form_submit_button(label, icon=icon, type="primary", width="stretch"):
                _do(
                    viewer,
                    partial(verb, context.writable(), desk.desk, row["id"], actor=actor, reason=reason),
                )
        one, two = st.columns([0.5, 0.5], vertical_alignment="bottom")
        verdict = one.selectbox(
            t("It was"),
            actions.DISPOSITIONS,
            format_func=lambda name: t(f"disposition {name}"),
            key=f"was-{row['id']}",
        )
        if two.form_submit_button(t("Judge"), icon=":material/gavel:", width="stretch"):
            _do(
                viewer,
                partial(
                    actions.dispose,
                    context.writable(),
                    desk.desk,
                    row["id"],
                    verdict,
                    actor=actor,
                    reason=reason,
                ),
            )
        three, four = st.columns([0.5, 0.5], vertical_alignment="bottom")
        span = three.selectbox(
            t("Silence rule and series for"),
            _SPANS,
            format_func=lambda ms: span_words(ms, viewer.language),
            key=f"span-{row['id']}",
        )
        if four.form_submit_button(t("Silence"), icon=":material/notifications_off:", width="stretch"):
            _do(
                viewer,
                partial(
                    actions.silence, context.writable(), desk.desk, row["rule"], row["series"], span,
                    actor=actor, reason=reason,
                ),
            )  # fmt: skip
        st.caption(t("Recorded under {name}, in a log that shows any later change.", name=actor))


def _do(viewer: Viewer, deed: Callable[[], None]) -> None:
    try:
        deed()
    except ConfigError as error:
        st.error(viewer.t("Not done."))
        st.text(str(error))
    except StoreUnavailable as error:
        st.error(viewer.t("Not written: the store does not take it."))
        st.text(str(error))
    else:
        data.forget_people()
        st.rerun()
