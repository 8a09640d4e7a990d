"""What every page stands on: the settings, the store (opened once for all viewers), and the desk.

Settings come as the other processes get theirs: the file in NEWSQUAKE_CONFIG, then the environment.
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
    """There is no store, or nothing in it, so far; the message says which."""


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
    """The store, for what a person did. Raises StoreUnavailable."""
    return open_store(settings().store, migrate=False)


@st.cache_data(ttl=2, max_entries=4, show_spinner=False)
def _desk(url: str, wanted: str) -> DeskState:
    return desk_state(store(), wanted)


def desk() -> DeskState:
    """Where the desk stands, at most two seconds old, the same for all viewers. Raises NotYet."""
    try:
        return _desk(settings().store.url, settings().alerts.desk)
    except StoreUnavailable as error:
        raise NotYet(str(error)) from error
    except DBAPIError as error:  # the tables are not there yet
        raise NotYet(" ".join(str(error.orig).split())) from error
