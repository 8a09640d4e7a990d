"""What a viewer has chosen: language, colours, period. It stands in the address, so that a link shows the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from core.times import DAY, from_ms, to_ms
from dashboard import i18n
from dashboard.charts.palette import PALETTES, Palette
from dashboard.period import WIDTHS, Period, choose, width_for
from dashboard.queries.series import DeskState

PERIODS = ("all", "30d", "7d", "24h", "6h", "days")


@dataclass(frozen=True)
class Viewer:
    """The choices; `dark`: the page's theme."""

    language: str
    palette: Palette
    dark: bool
    period: Period
    period_name: str
    skip_gaps: bool

    def t(self, text: str, **values: object) -> str:
        """The text in the viewer's language."""
        return i18n.say(text, self.language, **values)


def language() -> str:
    """`en` or `zh`, before the widgets are drawn."""
    return "zh" if st.session_state.get("lang", st.query_params.get("lang")) == "中文" else "en"


def sidebar(desk: DeskState) -> Viewer:
    """Draw the choices that hold for every page, and give them."""
    with st.sidebar:
        speech = st.segmented_control(
            "Language / 语言",
            ["English", "中文"],
            default="English",
            required=True,
            key="lang",
            bind="query-params",
        )
        tongue = "zh" if speech == "中文" else "en"
        name = st.selectbox(
            i18n.say("Period", tongue),
            PERIODS,
            key="period",
            bind="query-params",
            format_func=lambda key: i18n.say(key, tongue),
            help=i18n.say("In event time, ending where the desk stands", tongue),
        )
        days = _days(desk, tongue) if name == "days" else None
        width = st.selectbox(
            i18n.say("Resolution", tongue),
            list(WIDTHS),
            key="width",
            bind="query-params",
            format_func=lambda key: i18n.say("6h slots" if key == "6h" else key, tongue),
        )
        gaps = st.toggle(
            i18n.say("Leave out time without news", tongue), value=True, key="gaps", bind="query-params"
        )
        colours = st.selectbox(
            i18n.say("Colours", tongue),
            list(PALETTES),
            key="colours",
            bind="query-params",
            format_func=lambda key: i18n.say(PALETTES[key].title, tongue),
        )
    period = choose(name or "all", desk.first, desk.now, WIDTHS[width or "auto"], days)
    dark = st.context.theme.type == "dark"
    return Viewer(tongue, PALETTES[colours or "safe"], dark, period, name or "all", gaps)


def _days(desk: DeskState, tongue: str) -> tuple[int, int] | None:
    first, last = from_ms(desk.first).date(), from_ms(desk.now - 1).date()
    chosen = st.date_input(
        i18n.say("From, to (UTC)", tongue),
        (first, last),
        min_value=first,
        max_value=last,
        key="days",
        bind="query-params",
    )
    if not isinstance(chosen, tuple) or len(chosen) != 2:
        return None
    start, end = (to_ms(datetime.combine(day, datetime.min.time())) for day in chosen)
    return start, end + DAY


def recent(period: Period) -> int:
    """Where "now" begins within the period: its last day, or its last quarter if it is short."""
    span = period.end - period.start
    return period.end - (DAY if span >= 4 * DAY else max(width_for(span), span // 4))
