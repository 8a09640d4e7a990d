"""Overview: topics over time, the strongest anomalies, firing alerts, and the state of the pipeline."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.records import TOPICS
from core.times import from_ms, iso
from dashboard import data, names
from dashboard.charts.heatmap import heatmap
from dashboard.charts.slots import Translate, slots_shown, spread
from dashboard.measures import brief, measured, net_interval
from dashboard.period import LADDER, Period
from dashboard.queries.alerts import WantedAlerts
from dashboard.queries.series import DeskState
from dashboard.viewer import Viewer, recent
from dashboard.views import links
from dashboard.views.badges import badges
from dashboard.views.header import header, moment

ALERTS_SHOWN = 4
MOVERS_SHOWN = 12
CELLS = 64
"""The most columns of the heat map."""


def show(viewer: Viewer, desk: DeskState) -> None:
    """The whole page."""
    header(viewer, "Overview")
    topics = tuple(f"topic:{name}" for name in TOPICS)
    _figures(viewer, desk)
    left, right = st.columns([0.68, 0.32], gap="medium")
    with left:
        _map(viewer, desk, topics)
    with right:
        _open_alerts(viewer, desk)
    _movers(viewer, desk, topics)
    _stages(viewer)


def _figures(viewer: Viewer, desk: DeskState) -> None:
    t, split = viewer.t, recent(viewer.period)
    moved = data.now_and_before(desk.desk, ("all",), viewer.period.start, split, viewer.period.end)
    row = moved.iloc[0] if len(moved) else None
    counts = data.alert_counts(desk.desk)
    since = t("since {time}", time=moment(split))
    columns = st.columns(5)
    columns[0].metric(
        t("Articles"),
        f"{int(row[['articles_now', 'articles_before']].sum()) if row is not None else 0:,}",
        t(
            "{number} since {time}",
            number=f"{int(row['articles_now']) if row is not None else 0:,}",
            time=moment(split)[5:],  # the year stands above, and the card is narrow
        ),
        border=True,
        delta_color="off",
        delta_arrow="off",
    )
    columns[1].metric(
        t("Mean sentiment"),
        _net(row, "now", t),
        _change(row, viewer),
        border=True,
        delta_color="off",
        delta_arrow="off",
        help=since,
    )
    columns[2].metric(
        t("Negative share"),
        f"{row['negative_now'] / row['decided_now']:.0%}"
        if row is not None and row["decided_now"]
        else t("NA"),
        _share_before(row, viewer),
        border=True,
        delta_color="off",
        delta_arrow="off",
        help=since,
    )
    columns[3].metric(
        t("Alerts firing"),
        str(counts["firing"]),
        t("{number} not acknowledged", number=counts["unacknowledged"]),
        border=True,
        delta_color="off",
        delta_arrow="off",
    )
    found = data.most_unusual(desk.desk, split, viewer.period.end)
    columns[4].metric(
        t("Strongest anomaly"),
        viewer.p_value(found.iloc[0]["p_value"]) if len(found) else t("NA"),
        names.title(found.iloc[0]["series"], viewer.language, data.company_name) if len(found) else None,
        border=True,
        delta_color="off",
        delta_arrow="off",
        help=since,
    )


def _net(row: pd.Series | None, when: str, t: Translate) -> str:
    if row is None or row[f"decided_{when}"] < 5:
        return t("NA")
    return f"{net_interval(int(row[f'sentiment_sum_{when}']), int(row[f'decided_{when}']))[0]:+.2f}"


def _change(row: pd.Series | None, viewer: Viewer) -> str | None:
    t = viewer.t
    now, before = _net(row, "now", t), _net(row, "before", t)
    if t("NA") in (now, before):
        return None
    return t("{change} vs. before", change=f"{float(now) - float(before):+.2f}")


def _share_before(row: pd.Series | None, viewer: Viewer) -> str | None:
    if row is None or not row["decided_before"]:
        return None
    return viewer.t("{share} before", share=f"{row['negative_before'] / row['decided_before']:.0%}")


def _map(viewer: Viewer, desk: DeskState, topics: tuple[str, ...]) -> None:
    t = viewer.t
    covered = data.by_slot(desk.desk, ("all",), viewer.period)["slot"]
    period = coarser(viewer.period, covered, viewer.skip_gaps)
    st.subheader(t("Topics over time"), anchor=False)
    slots = data.by_slot(desk.desk, ("all", *topics), period)
    shown = slots_shown(period, slots.loc[slots["series"] == "all", "slot"], viewer.skip_gaps)
    cells = []
    for series in topics:
        mine = slots[slots["series"] == series]
        if mine["articles"].sum():
            cells.append(
                spread(mine.drop(columns="series"), shown, period).assign(
                    series=series, name=names.title(series, viewer.language)
                )
            )
    if not cells:
        st.info(t("No news in this period."))
        return
    whole = pd.concat(cells, ignore_index=True)
    counts = ["articles", "negative", "decided", "sentiment_sum"]
    whole[counts] = whole[counts].fillna(0).astype("int64")
    whole = measured(whole)
    rows = whole.groupby("name")["articles"].sum().sort_values(ascending=False).index.tolist()
    columns = ["series", "name", "slot", "label", "net", "net_low", "net_high", "articles", "decided"]
    picked = st.altair_chart(
        heatmap(whole[columns], rows, shown, period, viewer.palette, viewer.dark, t),
        width="stretch",
        on_select="rerun",
        key=f"map-{period}",
        alt=t("Mean sentiment by topic and time"),
    )
    st.caption(
        t(
            "Grey: fewer than five decided stories, too few to conclude anything. Click a cell for its articles."
        )
    )
    if cell := picked.selection.get("cell"):
        start = int(cell[0]["slot"])
        links.go("series", series=str(cell[0]["series"]), since=iso(start), until=iso(start + period.width))


def coarser(period: Period, covered: pd.Series, skip_gaps: bool) -> Period:
    """The same stretch in slots wide enough for a cell to hold evidence. `covered`: starts of slots with news."""
    for width in (width for width in LADDER if width >= period.width):
        wide = Period(period.start, period.end, width)
        if (covered // width).nunique() <= CELLS if skip_gaps else len(wide.slots) <= CELLS:
            return wide
    return wide


def _open_alerts(viewer: Viewer, desk: DeskState) -> None:
    t = viewer.t
    st.subheader(t("Alerts"), anchor=False)
    period = viewer.period
    firing = data.find_alerts(desk.desk, WantedAlerts(0, period.end, states=("firing",)))
    others = data.find_alerts(desk.desk, WantedAlerts(period.start, period.end))
    rows = pd.concat([firing, others]).drop_duplicates("id")
    if rows.empty:
        st.info(t("No alert in this period."))
        return
    for _, row in rows.head(ALERTS_SHOWN).iterrows():
        with st.container(border=True, gap="xxsmall"):
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                badges(viewer, row)
                if st.button(
                    t("Details"), key=f"why-{row['id']}", type="tertiary", icon=":material/arrow_forward:"
                ):
                    links.go("alerts", alert=str(row["id"]))
            st.text(names.title(row["series"], viewer.language, data.company_name))
            st.caption(f"{t('since {time}', time=moment(row['onset']))} · {row['rule']}")
    if len(rows) > ALERTS_SHOWN and st.button(t("All {number} alerts", number=len(rows))):
        links.go("alerts")


def _movers(viewer: Viewer, desk: DeskState, topics: tuple[str, ...]) -> None:
    t, period = viewer.t, viewer.period
    split = recent(period)
    st.subheader(t("Largest moves since {time}", time=moment(split)), anchor=False)
    found = data.most_unusual(desk.desk, split, period.end)
    found = found[~found["series"].str.contains("@") & ~found["series"].str.startswith("source:")]
    wanted = tuple(dict.fromkeys([*found["series"], "all", *topics]))
    moved = data.now_and_before(desk.desk, wanted, period.start, split, period.end)
    moved = moved[moved["articles_now"] > 0]
    if moved.empty:
        st.info(t("No news in this period."))
        return
    now = measured(_side(moved, "now"))
    before = measured(_side(moved, "before"))
    table = pd.DataFrame(
        {
            "series": moved["series"],
            "name": [names.title(name, viewer.language, data.company_name) for name in moved["series"]],
            "articles": moved["articles_now"],
            "net": now["net"],
            "low": now["net_low"],
            "high": now["net_high"],
            "change": now["net"] - before["net"],
            "share": now["share"] * 100,
        }
    ).merge(
        found[["series", "rule", "p_value", "observed", "expected", "statistic", "at"]],
        on="series",
        how="left",
    )
    table = table.sort_values(["statistic", "articles"], ascending=[False, False]).head(MOVERS_SHOWN)
    table["interval"] = [
        f"{row.low:+.2f} … {row.high:+.2f}" if row.low == row.low else t("NA") for row in table.itertuples()
    ]
    table["seen"] = [
        f"{brief(row.observed)} ({brief(row.expected)})" if row.observed == row.observed else t("NA")
        for row in table.itertuples()
    ]
    table["p_text"] = table["p_value"].map(viewer.p_value)
    table["when"] = [None if at != at else from_ms(int(at)).replace(tzinfo=None) for at in table["at"]]
    table = table.reset_index(drop=True)
    number = st.column_config.NumberColumn
    event = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"movers-{period}",
        column_order=[
            "name",
            "articles",
            "net",
            "interval",
            "change",
            "share",
            "p_text",
            "seen",
            "when",
        ],
        column_config={
            "name": st.column_config.TextColumn(t("Series"), width=170),
            "articles": number(t("Articles"), format="localized"),
            "net": number(t("Mean sentiment"), format="%+.2f"),
            "interval": st.column_config.TextColumn(t("95 % interval")),
            "change": number(t("Change"), format="%+.2f", help=t("Compared with the rest of the period")),
            "share": st.column_config.ProgressColumn(
                t("Negative share"), format="%.0f %%", min_value=0, max_value=100, width=110
            ),
            "p_text": st.column_config.TextColumn(
                t("p-value"), help=t("Probability of a deviation at least this large by chance alone")
            ),
            "seen": st.column_config.TextColumn(t("Observed (expected)")),
            "when": st.column_config.DatetimeColumn(t("Time of the anomaly"), format="YYYY-MM-DD HH:mm"),
        },
        height="content",
        placeholder=t("NA"),
        alt=t("Series with the largest moves"),
    )
    if picked := event.selection.rows:
        links.go("series", series=str(table.loc[picked[0], "series"]))


def _side(moved: pd.DataFrame, when: str) -> pd.DataFrame:
    return moved[[f"decided_{when}", f"negative_{when}", f"sentiment_sum_{when}"]].set_axis(
        ["decided", "negative", "sentiment_sum"], axis=1
    )


def _stages(viewer: Viewer) -> None:
    t = viewer.t
    rows = data.operations()["stages"].drop_duplicates("stage", keep="last")
    if rows.empty:
        return
    st.subheader(t("Pipeline"), anchor=False)
    with st.container(horizontal=True, gap="small"):
        for row in rows.itertuples():
            good = row.status in ("running", "done")
            st.badge(
                f"{t(str(row.stage))}: {t(str(row.status))}",
                color="green" if good else "orange",
                icon=":material/check:" if good else ":material/warning:",
            )
