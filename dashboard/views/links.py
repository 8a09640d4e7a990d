"""Going from page to page, with what to look at in the address."""

from __future__ import annotations

from typing import Any, NoReturn

import streamlit as st

from dashboard.viewer import KEPT

PAGES: dict[str, Any] = {}
"""Name -> st.Page, filled by app.py."""


def go(page: str, **look_at: str) -> NoReturn:
    """Switch to the page; the viewer's choices go along."""
    kept = {name: st.query_params[name] for name in KEPT if name in st.query_params}
    st.switch_page(PAGES[page], query_params={**kept, **look_at})
    raise AssertionError("switch_page does not return")
