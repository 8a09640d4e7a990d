"""The page list. Run by `streamlit run dashboard/app.py`; see dashboard/launch.py for the command line.

The pages live in views/: Streamlit takes a folder called pages/ for pages of its own making, and runs each file.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from dashboard import context, live, viewer, who
from dashboard.i18n import translate
from dashboard.views import alerts, articles, links, overview, pipeline, series

HERE = Path(__file__).parent

st.set_page_config(page_title="Newsquake", page_icon=str(HERE / "icon.svg"), layout="wide")
st.logo(str(HERE / "logo.svg"), size="large", icon_image=str(HERE / "icon.svg"))

PAGES = (
    ("overview", "Overview", ":material/grid_view:", overview.show),
    ("series", "Series", ":material/show_chart:", series.show),
    ("alerts", "Alerts", ":material/notifications:", alerts.show),
    ("articles", "Articles", ":material/article:", articles.show),
    ("pipeline", "Pipeline", ":material/conveyor_belt:", pipeline.show),
)

try:
    desk = context.desk()
    if not desk.now:
        raise context.NotYet("no news has been decided yet")
except context.NotYet as reason:
    live.wait(str(reason), viewer.language())
    st.stop()

if not who.admit(viewer.language()):
    st.stop()
chosen = viewer.sidebar(desk)
who.sign_out(chosen.language)
links.PAGES.clear()
for name, title, icon, show in PAGES:
    links.PAGES[name] = st.Page(
        partial(show, chosen, desk),
        title=translate(title, chosen.language),
        icon=icon,
        url_path=name,
        default=name == "overview",
    )
page = st.navigation(list(links.PAGES.values()))
if (
    page is links.PAGES["overview"] and "alert" in st.query_params
):  # as mails linked to one until November 2026
    links.go("alerts", alert=st.query_params["alert"])
live.pulse(chosen, desk)
page.run()
