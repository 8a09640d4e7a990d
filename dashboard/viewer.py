"""A viewer's choices: language, colours, period. They are part of the address, so that a link shows the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from alerts.evidence.vocabulary import DisplayLanguage
from core.times import DAY, from_ms, to_ms
from dashboard import i18n
from dashboard.charts.palette import PALETTES, Palette
from dashboard.measures import format_p_value
from dashboard.period import WIDTHS, Period, choose, width_for
from dashboard.queries.series import DeskState

LANGUAGES = {"en": "English", "zh": "中文"}
DEFAULTS = {"lang": "en", "period": "all", "width": "auto", "gaps": "skip", "colours": "safe"}
KEPT = tuple(DEFAULTS)
"""The choices kept in the address."""
PERIODS = ("all", "30d", "7d", "24h", "6h", "days")


@dataclass(frozen=True)
class Viewer:
    """The choices; `dark`: the page's theme."""

    language: DisplayLanguage
    palette: Palette
    dark: bool
    period: Period
    skip_gaps: bool

    def p_value(self, value: float | None) -> str:
        """A p-value as the page shows it, such as `0.0004`, or NA."""
        return format_p_value(value) or self.t("NA")

    def t(self, text: str, **values: object) -> str:
        """The text in the viewer's language."""
        return i18n.translate(text, self.language, **values)


def language() -> DisplayLanguage:
    """`en` or `zh`, before the widgets are drawn."""
    return "zh" if _remember("lang", list(LANGUAGES)) == "zh" else "en"


def sidebar(desk: DeskState) -> Viewer:
    """Draw the choices that hold for every page, and give them."""
    lang = language()
    _remember("period", PERIODS)
    _remember("width", list(WIDTHS))
    _remember("colours", list(PALETTES))
    _remember("gaps", ["skip", "show"])
    with st.sidebar:
        st.segmented_control(
            "Language / 语言",
            list(LANGUAGES),
            required=True,
            key="lang",
            format_func=lambda key: LANGUAGES[key],
        )

        def choice(
            label: str, options: Sequence[str], key: str, words: Callable[[str], str], hint: str = ""
        ) -> None:
            st.selectbox(i18n.translate(label, lang), options, key=key, format_func=words, help=hint or None)

        choice(
            "Period", PERIODS, "period", lambda key: i18n.translate(key, lang),
            hint=i18n.translate("Event time, up to the desk's watermark", lang),
        )  # fmt: skip
        days = _days(desk, lang) if st.session_state["period"] == "days" else None
        choice(
            "Resolution",
            list(WIDTHS),
            "width",
            lambda key: i18n.translate("6h slots" if key == "6h" else key, lang),
        )
        choice("Periods without news", ["skip", "show"], "gaps", lambda key: i18n.translate(key, lang))
        choice("Colours", list(PALETTES), "colours", lambda key: i18n.translate(PALETTES[key].title, lang))
    chosen = {key: str(st.session_state[key]) for key in KEPT}
    for key, value in chosen.items():
        _into_address(key, value)
    period = choose(chosen["period"], desk.first, desk.now, WIDTHS[chosen["width"]], days)
    dark = st.context.theme.type == "dark"
    return Viewer(lang, PALETTES[chosen["colours"]], dark, period, chosen["gaps"] == "skip")


def _remember(key: str, options: Sequence[str]) -> str:
    """The choice `key` of this session; at its start what the address says, else the first option."""
    if st.session_state.get(key) not in options:
        asked = st.query_params.get(key)
        st.session_state[key] = asked if asked in options else options[0]
    return str(st.session_state[key])


def _into_address(key: str, value: str) -> None:
    if value == DEFAULTS[key]:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != value:
        st.query_params[key] = value


def _days(desk: DeskState, lang: str) -> tuple[int, int] | None:
    first, last = from_ms(desk.first).date(), from_ms(desk.now - 1).date()
    chosen = st.date_input(
        i18n.translate("From, to (UTC)", lang),
        (first, last),
        min_value=first,
        max_value=last,
        key="chosen-days",
    )
    if not isinstance(chosen, tuple) or len(chosen) != 2:
        return None
    start, end = (to_ms(datetime.combine(day, datetime.min.time())) for day in chosen)
    return start, end + DAY


def recent(period: Period) -> int:
    """Where "now" begins within the period: its last day, or its last quarter if it is short."""
    span = period.end - period.start
    return period.end - (DAY if span >= 4 * DAY else max(width_for(span), span // 4))
