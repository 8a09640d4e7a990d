"""Carry out an action and show its outcome on the page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from alerts.errors import ActionRejected, InvalidArgument
from alerts.handling.silences import MATCHERS
from core.errors import ConfigError, StoreUnavailable
from dashboard import data
from dashboard.viewer import Viewer

BOXES = {
    "reason": "Reason (required)", "rule": "Rule", "series": "Series", "disposition": "Disposition",
    MATCHERS: "Rule, series or severity",
}  # fmt: skip
"""Labels of the fields in which an action's arguments are entered."""


def do(viewer: Viewer, action: Callable[[], None]) -> None:
    """Carry out `action` and redraw the page, or show why it failed."""
    t = viewer.t
    try:
        action()
    except ConfigError as error:
        st.error(t("Not carried out."))
        st.text(why(viewer, error))
    except StoreUnavailable as error:
        st.error(t("Not saved: the store rejected it."))
        st.text(str(error))
    else:
        data.forget_people()
        st.rerun()


def why(viewer: Viewer, error: ConfigError) -> str:
    """Why it cannot be done, in the viewer's language where the words are ours, by the name of the box."""
    t = viewer.t
    if isinstance(error, ActionRejected):
        said = t(error.template, **error.values)
        return said[:1].upper() + said[1:]
    if isinstance(error, InvalidArgument) and error.argument in BOXES:
        return f"{t(BOXES[error.argument])}: {t(error.requirement)}"
    return str(error)
