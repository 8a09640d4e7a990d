"""The form for corrections of an article's labels, stored in the table `feedback`."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.errors import StoreUnavailable
from core.records import TOPICS
from dashboard import actions, context, names, who
from dashboard.queries.series import DeskState
from dashboard.viewer import Viewer


def feedback_form(viewer: Viewer, desk: DeskState, row: pd.Series) -> None:
    """The form for one article."""
    t, actor = viewer.t, who.actor()
    if not actor:
        st.caption(t("Sign in to give feedback."))
        return
    with st.form(f"feedback-{row['id']}-{row['revision']}", border=False):
        one, two, three = st.columns([0.3, 0.3, 0.4], vertical_alignment="bottom")
        feeling = one.selectbox(
            t("Sentiment should be"), ["negative", "neutral", "positive"], index=None, format_func=t,
            placeholder=t("unchanged"),
        )  # fmt: skip
        topic = two.selectbox(
            t("Topic should be"), TOPICS, index=None, placeholder=t("unchanged"),
            format_func=lambda name: names.topic(name, viewer.language),
        )  # fmt: skip
        reason = three.text_input(t("Reason"), max_chars=500)
        if st.form_submit_button(t("Send feedback"), icon=":material/flag:"):
            said = {field: value for field, value in (("sentiment", feeling), ("topic", topic)) if value}
            if not said:
                st.warning(t("Choose the correct label."))
                return
            try:
                actions.give_feedback(
                    context.writable(), desk.desk, actor=actor, article=row["id"], revision=row["revision"],
                    said=said, reason=reason,
                )  # fmt: skip
            except StoreUnavailable as error:
                st.error(t("Not saved: the store rejected it."))
                st.text(str(error))
            else:
                st.success(t("Thank you: recorded under {name}.", name=actor))
