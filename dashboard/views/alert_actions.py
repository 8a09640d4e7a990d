"""What a person may do with an alert. Every deed needs a reason and is recorded under the person's name."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.queries.series import DeskState
from dashboard.viewer import Viewer


def actions(viewer: Viewer, desk: DeskState, row: pd.Series) -> None:
    """The form."""
    st.subheader(viewer.t("Handling"), anchor=False)
