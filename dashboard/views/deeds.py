"""Doing what a person asked for, and saying on the page what came of it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from alerts.unfit import Unfit
from core.errors import ConfigError, StoreUnavailable
from dashboard import data
from dashboard.viewer import Viewer

_BOXES = {"reason": "Reason (needed)", "rule": "Rule", "series": "Series", "disposition": "It was"}
"""What the boxes are called into which the parts of a deed are typed."""


def do(viewer: Viewer, deed: Callable[[], None]) -> None:
    """Do it and draw the page anew, or say why not."""
    t = viewer.t
    try:
        deed()
    except ConfigError as error:
        st.error(t("Not done."))
        box = _BOXES.get(error.part, "") if isinstance(error, Unfit) else ""
        st.text(f"{t(box)}: {t(error.said)}" if box and isinstance(error, Unfit) else str(error))
    except StoreUnavailable as error:
        st.error(t("Not written: the store does not take it."))
        st.text(str(error))
    else:
        data.forget_people()
        st.rerun()
