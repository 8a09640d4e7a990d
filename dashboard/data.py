"""The queries, cached for all viewers together.

Panes as decided never change, so what is keyed by the desk's `now` stays true; alerts and handling live two seconds.
Every cache is bounded: memory must not grow with the days a page stands open.
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from alerts.handling.silences import Silence, covers
from alerts.interfaces.figures import SeriesFigures
from core.times import MINUTE
from dashboard import actions, context
from dashboard.period import Period
from dashboard.queries import alerts, articles, pipeline, series
from dashboard.queries.alerts import WantedAlerts
from dashboard.queries.articles import Wanted

_decided = st.cache_data(ttl=600, max_entries=64, show_spinner=False)
_people = st.cache_data(ttl=2, max_entries=32, show_spinner=False)


@_decided
def names(desk: str, now: int) -> list[str]:
    """Every series as of `now`."""
    return series.names(context.store(), desk)


@_decided
def by_slot(desk: str, wanted: tuple[str, ...], period: Period) -> pd.DataFrame:
    """See queries.series.by_slot."""
    return series.by_slot(context.store(), desk, wanted, period)


@_decided
def now_and_before(desk: str, wanted: tuple[str, ...], start: int, split: int, end: int) -> pd.DataFrame:
    """See queries.series.now_and_before."""
    return series.now_and_before(context.store(), desk, wanted, start, split, end)


@_decided
def most_unusual(desk: str, start: int, end: int) -> pd.DataFrame:
    """See queries.series.most_unusual."""
    return series.most_unusual(context.store(), desk, start, end)


@_decided
def figures(desk: str, name: str, start: int, end: int, now: int) -> SeriesFigures:
    """See queries.series.figures; as of `now`, as a window's end may lie behind it."""
    return series.figures(context.store(), desk, name, start, end)


@_decided
def negative_stories(desk: str, name: str, period: Period) -> pd.DataFrame:
    """See queries.series.negative_stories."""
    return series.negative_stories(context.store(), desk, name, period)


@_decided
def rules_of(desk: str, name: str, now: int) -> list[str]:
    """See queries.series.rules_of."""
    return series.rules_of(context.store(), desk, name)


@_decided
def findings_by_slot(desk: str, rule: str, name: str, period: Period) -> pd.DataFrame:
    """See queries.series.findings_by_slot."""
    return series.findings_by_slot(context.store(), desk, rule, name, period)


@_decided
def search(desk: str, wanted: Wanted, limit: int = articles.LIMIT) -> pd.DataFrame:
    """See queries.articles.search."""
    return articles.search(context.store(), desk, wanted, limit)


@_decided
def tally(desk: str, wanted: Wanted) -> dict[str, int]:
    """See queries.articles.tally."""
    return articles.tally(context.store(), desk, wanted)


@_decided
def by_id(desk: str, ids: tuple[str, ...]) -> pd.DataFrame:
    """See queries.articles.by_id."""
    return articles.by_id(context.store(), desk, ids)


@_decided
def body(ident: str, revision: str) -> str:
    """See queries.articles.body."""
    return articles.body(context.store(), ident, revision)


@st.cache_resource(ttl=300, max_entries=1, show_spinner=False)
def _company_names() -> dict[str, str]:
    return articles.company_names(context.store())


def company_name(entity: str) -> str:
    """What articles call the company; empty where none does (yet: names are looked up every five minutes)."""
    return _company_names().get(entity, "")


@st.cache_data(ttl=60, max_entries=2, show_spinner=False)
def sources() -> list[str]:
    """See queries.articles.sources."""
    return articles.sources(context.store())


@_people
def find_alerts(desk: str, wanted: WantedAlerts) -> pd.DataFrame:
    """See queries.alerts.find."""
    return _quiet(desk, alerts.find(context.store(), desk, wanted))


@_people
def marks(desk: str, names_: tuple[str, ...], period: Period) -> pd.DataFrame:
    """See queries.alerts.marks."""
    return alerts.marks(context.store(), desk, names_, period)


def _quiet(desk: str, found: pd.DataFrame) -> pd.DataFrame:
    """What fires under a silence is silenced, also where there was nothing to keep back yet."""
    now, known = actions.now_ms(), silences(desk)
    return found.assign(
        silenced=[
            bool(row.silenced)
            or (row.state != "resolved" and covers(known, now, row.rule, row.series, row.severity, row.id))
            for row in found.itertuples()
        ]
    )


@_people
def together(desk: str, ident: str, incident: str) -> list[dict[str, str]]:
    """See queries.alerts.together."""
    return alerts.together(context.store(), desk, ident, incident)


@_people
def called(desk: str, which: str) -> str:
    """See queries.alerts.called."""
    return alerts.called(context.store(), desk, which)


@_people
def alert(desk: str, ident: str) -> dict[str, pd.DataFrame]:
    """One alert with everything that belongs to it: one, lines, deliveries, actions."""
    opened = context.store()
    return {
        "one": _quiet(desk, alerts.one(opened, desk, ident)),
        "lines": alerts.lines(opened, desk, ident),
        "deliveries": alerts.deliveries(opened, desk, ident),
        "actions": alerts.recorded_actions(opened, desk, ident),
    }


@_people
def alert_counts(desk: str) -> dict[str, int]:
    """See queries.alerts.counts."""
    return alerts.counts(context.store(), desk)


@_people
def alert_rules(desk: str) -> list[str]:
    """See queries.alerts.rules."""
    return alerts.rules(context.store(), desk)


@_people
def _silences(desk: str, now: int) -> list[Silence]:
    return alerts.silences_left(context.store(), desk, now)


def silences(desk: str) -> list[Silence]:
    """Those in force or to come, by wall time."""
    now = actions.now_ms()
    return _silences(desk, now - now % MINUTE)  # in whole minutes, or nothing is ever cached


@_people
def operations() -> dict[str, pd.DataFrame]:
    """stages, sources, health, dead, waiting, progress."""
    opened = context.store()
    return {
        "stages": pipeline.stage_rows(opened),
        "sources": pipeline.by_source(opened),
        "health": pipeline.newest_health(opened),
        "dead": pipeline.dead_by_reason(opened),
        "waiting": pipeline.waiting(opened),
        "progress": pipeline.progress(opened),
    }


@st.cache_data(ttl=10, max_entries=16, show_spinner=False)
def dead_letters(reason: str) -> pd.DataFrame:
    """See queries.pipeline.dead_letters."""
    return pipeline.dead_letters(context.store(), reason)


def forget_people() -> None:
    """Discard what is cached of people's actions, after one of them."""
    for cached in (find_alerts, alert, alert_counts, marks, together, _silences):
        cached.clear()
