"""Two buttons under a table: CSV and Parquet. The file is made when it is asked for, not on every run."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard.export import csv_bytes, parquet_bytes
from dashboard.viewer import Viewer


def export_buttons(viewer: Viewer, table: pd.DataFrame, name: str, key: str) -> None:
    """`name`: of the file, without its ending."""
    with st.container(horizontal=True, gap="small"):
        for ending, mime, make in (
            ("csv", "text/csv", csv_bytes),
            ("parquet", "application/vnd.apache.parquet", parquet_bytes),
        ):
            st.download_button(
                viewer.t("Download {kind}", kind=ending.upper() if ending == "csv" else "Parquet"),
                partial(make, table),
                f"{name}.{ending}",
                mime,
                key=f"{ending}-{key}",
                on_click="ignore",
                icon=":material/download:",
                type="tertiary",
            )
