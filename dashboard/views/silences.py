"""Silences: which hold, a new one, and an end before its time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from alerts.evidence.vocabulary import span_words
from alerts.handling.silences import Silence
from core.times import DAY, HOUR, WEEK
from dashboard import actions, context, data, who
from dashboard.charts.palette import SEVERITY_ORDER
from dashboard.queries.series import DeskState
from dashboard.viewer import Viewer
from dashboard.views.header import moment
from dashboard.views.submit import do

SPANS = (HOUR, 8 * HOUR, DAY, WEEK)


def silences(viewer: Viewer, desk: DeskState) -> None:
    """All of the desk's, folded away; and a form for one that is about more than one alert."""
    t, found = viewer.t, data.silences(desk.desk)
    with st.expander(t("Silences: {number}", number=len(found)), icon=":material/notifications_off:"):
        if not found:
            st.caption(t("None."))
        listed(viewer, desk, found, "all")
        if who.actor():
            _form(viewer, desk)


def listed(viewer: Viewer, desk: DeskState, found: Sequence[Silence], place: str) -> None:
    """One under the other, each with what it is about and a button that ends it. `place`: where on the page."""
    t, actor = viewer.t, who.actor()
    for one in found:
        with st.container(border=True, gap="xxsmall"):
            st.text(_about(viewer, one))
            st.caption(t("{start} to {end} UTC", start=moment(one.starts_at), end=moment(one.ends_at)))
            st.text(f"{one.author}: {one.reason}")
            if actor and st.button(
                t("End the silence"), icon=":material/notifications:", key=f"lift-{place}-{one.id}"
            ):
                action = partial(actions.end_silence, context.writable(), desk.desk, one.id, actor=actor)
                do(viewer, action)


def _about(viewer: Viewer, one: Silence) -> str:
    t = viewer.t
    words = {"rule": t("Rule"), "series": t("Series"), "severity": t("Severity"), "alert": t("Alert")}
    values = dict(one.matchers)
    if "alert" in values:
        values["alert"] = values["alert"][:12]
    if "severity" in values:
        values["severity"] = ", ".join(t(name) for name in values["severity"].split(","))
    return " · ".join(f"{words[name]} {values[name]}" for name in words if name in values)


def _form(viewer: Viewer, desk: DeskState) -> None:
    t, actor = viewer.t, who.actor()
    with st.form("new-silence", border=False):
        st.caption(
            t("New silence: alerts that match every field filled in are not notified, but still shown.")
        )
        one, two, three, four = st.columns([0.28, 0.32, 0.24, 0.16])
        rule = one.text_input(t("Rule"), placeholder="company-*", key="silence-rule")
        series = two.text_input(t("Series"), placeholder="entity:US:*", key="silence-series")
        severities = three.multiselect(
            t("Severity"), list(SEVERITY_ORDER), format_func=t, placeholder=t("any"), key="silence-severity"
        )
        span = four.selectbox(
            t("Duration"), SPANS, format_func=lambda ms: span_words(ms, viewer.language), key="silence-span"
        )
        left, right = st.columns([0.76, 0.24], vertical_alignment="bottom")
        reason = left.text_input(t("Reason (required)"), max_chars=500, key="silence-reason")
        matchers = {"rule": rule.strip(), "series": series.strip(), "severity": ",".join(severities)}
        if right.form_submit_button(t("Silence"), icon=":material/notifications_off:", width="stretch"):
            action = partial(
                actions.silence, context.writable(), desk.desk, matchers, span, actor=actor, reason=reason
            )
            do(viewer, action)
