"""What every page uses: the settings, the store (opened once for all viewers), and the desk's state.

Settings are loaded as in the other processes: the file in NEWSQUAKE_CONFIG, then the environment.
"""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st
from sqlalchemy.exc import DBAPIError

from core.errors import ConfigError, StoreUnavailable
from core.settings import Settings, load_settings
from core.store import Store, open_store
from dashboard.launch import CONFIG
from dashboard.queries.series import DeskState, desk_state


class NotYet(Exception):
    """There is no store yet, or nothing in it; the message says which."""


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The settings. Raises ConfigError."""
    name = os.environ.get(CONFIG)
    return load_settings(Path(name) if name else None)


@st.cache_resource(show_spinner=False, max_entries=1)
def _opened(url: str) -> Store:
    return open_store(settings().store, read_only=True)


def store() -> Store:
    """The store, for reading. Raises NotYet where it cannot be opened."""
    try:
        return _opened(settings().store.url)
    except (ConfigError, StoreUnavailable) as error:
        raise NotYet(str(error)) from error


@st.cache_resource(show_spinner=False, max_entries=1)
def writable() -> Store:
    """The store, opened for writing actions and feedback. Raises StoreUnavailable."""
    return open_store(settings().store, migrate=False)


@st.cache_data(ttl=2, max_entries=4, show_spinner=False)
def _desk(url: str, wanted: str) -> DeskState:
    return desk_state(store(), wanted)


def desk() -> DeskState:
    """The desk's state, at most two seconds old, the same for all viewers. Raises NotYet."""
    try:
        return _desk(settings().store.url, settings().alerts.desk)
    except StoreUnavailable as error:
        raise NotYet(str(error)) from error
    except DBAPIError as error:  # the tables are not there yet
        raise NotYet(" ".join(str(error.orig).split())) from error
