"""The viewer's identity: sign-in form, sign-out, and the name under which actions are recorded."""

from __future__ import annotations

import streamlit as st

from dashboard import auth, context
from dashboard.i18n import translate


@st.cache_resource(show_spinner=False)
def _gate() -> auth.Gate:
    return auth.Gate()


def actor() -> str:
    """The name under which this viewer's actions are recorded; "" for a viewer without that right."""
    return auth.may_act(context.settings().dashboard, st.session_state.get("user", ""))


def admit(language: str) -> bool:
    """Whether the page may be shown; draws the form to sign in where it may not."""
    users = context.settings().dashboard.users
    if not users or st.session_state.get("user") in users:
        return True
    st.title("Newsquake", anchor=False)
    with st.form("sign-in", width=360):
        name = st.text_input(translate("Name", language), autocomplete="username")
        password = st.text_input(
            translate("Password", language), type="password", autocomplete="current-password"
        )
        if st.form_submit_button(translate("Sign in", language)):
            refused = _gate().admit(context.settings().dashboard, name, password)
            if not refused:
                st.session_state["user"] = name
                st.rerun()
            st.error(
                translate("Too many attempts; wait five minutes.", language)
                if refused == "wait"
                else translate("Name or password is wrong.", language)
            )
    return False


def sign_out(language: str) -> None:
    """Who it is, and the way out; nothing where there are no users."""
    if user := st.session_state.get("user"):
        with st.sidebar:
            st.text(user)
            if st.button(translate("Sign out", language), icon=":material/logout:"):
                del st.session_state["user"]
                st.rerun()
