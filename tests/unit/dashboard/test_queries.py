"""The dashboard's SQL, on both databases: what a chart shows and what a drill-down lists agree."""

from __future__ import annotations

from alerts.windows.observations import Observation
from alerts.windows.panes import pane_row
from alerts.windows.rolling import measure
from core.records import TOPICS
from core.store import Store
from core.tables import panes
from core.times import DAY, HOUR, MINUTE
from dashboard.period import Period
from dashboard.queries import alerts, articles, pipeline, series
from dashboard.queries.alerts import WantedAlerts
from dashboard.queries.articles import Wanted
from tests.browser.sample_store import CRASH, DESK, END, START, fill

WHOLE = Period(START, END, DAY)


def test_a_bar_and_its_drill_down_count_the_same_articles(filled: Store) -> None:
    names = series.names(filled, DESK)
    assert {"all", "all@zh", "topic:equities_market", "entity:US:IBM", "source:hkwire"} <= set(names)
    for name in [
        "all",
        "topic:equities_market",
        "topic:equities_market@zh",
        "entity:US:IBM",
        "source:hkwire",
        "all@en",
    ]:
        slots = series.by_slot(filled, DESK, [name], WHOLE)
        assert slots["articles"].dtype.kind == "i" and slots["sentiment_sum"].dtype.kind == "i"
        for row in slots.itertuples():
            wanted = Wanted(int(row.slot), int(row.slot) + DAY, name)
            assert articles.tally(filled, DESK, wanted)["articles"] == row.articles, (name, row)


def test_a_negative_story_that_is_told_all_hour_is_one_story(sqlite_store: Store) -> None:
    def told(minute: int, story: str, label: int) -> Observation:
        at = START + minute * MINUTE
        return Observation(at, f"a{minute}{story}", story, f"p{minute}", "wire", 1, label, label * 8_000)

    heard = [
        told(0, "one", -1),
        told(1, "one", -1),
        told(9, "one", -1),
        told(9, "two", 1),
        told(61, "six", -1),
    ]
    minutes = sorted({one.at for one in heard})
    with sqlite_store.write() as connection:
        for at in minutes:
            here = [one for one in heard if one.at == at]
            pane = measure("all", at, at + MINUTE, here)
            connection.execute(panes.insert().values(**pane_row(DESK, pane, here)))
    found = series.negative_stories(sqlite_store, DESK, "all", Period(START, START + DAY, HOUR))
    assert list(found.itertuples(index=False, name=None)) == [(START, 1), (START + HOUR, 1)]


def test_two_halves_add_up_to_the_whole(filled: Store) -> None:
    topics = [f"topic:{name}" for name in TOPICS]
    parts = series.now_and_before(filled, DESK, topics, START, CRASH, END).set_index("series")
    whole = series.by_slot(filled, DESK, topics, WHOLE).groupby("series")["articles"].sum()
    assert ((parts["articles_now"] + parts["articles_before"]) == whole).all()


def test_the_most_unusual_series_of_the_crash_is_named_once(filled: Store) -> None:
    found = series.most_unusual(filled, DESK, CRASH, END)
    assert found["series"].is_unique and found["statistic"].is_monotonic_decreasing
    assert found["series"].iloc[0] in ("all", "topic:equities_market")
    rule = series.rules_of(filled, DESK, "all")[0]
    by_slot = series.findings_by_slot(filled, DESK, rule, "all", WHOLE)
    assert by_slot["slot"].is_unique and (by_slot["at"] - 1 - by_slot["slot"] < DAY).all()


def test_a_desk_stands_at_its_watermark(filled: Store) -> None:
    state = series.desk_state(filled, DESK)
    assert state.now == END and START <= state.first < START + DAY
    assert series.desk_state(filled, "another").desk == DESK  # the only one there is
    assert series.names(filled, "another") == []


def test_an_empty_store_has_no_first_and_no_now(store: Store) -> None:
    assert (series.desk_state(store, DESK).first, series.desk_state(store, DESK).now) == (0, 0)
    assert pipeline.by_source(store).empty and pipeline.newest_health(store).empty


def test_text_from_people_is_never_sql_nor_a_pattern(filled: Store) -> None:
    for hostile in ("100%", "__", "'; DROP TABLE articles; --", '"entity":"', "\\"):
        assert articles.search(filled, DESK, Wanted(START, END, text=hostile)).empty
        assert articles.tally(filled, DESK, Wanted(START, END, series=f"entity:{hostile}"))["articles"] == 0
        assert articles.tally(filled, DESK, Wanted(START, END, series=f"topic:{hostile}"))["articles"] == 0
        assert alerts.find(filled, DESK, WantedAlerts(START, END, series=hostile)).empty


def test_search_finds_english_in_any_case_and_chinese(filled: Store) -> None:
    english = articles.search(filled, DESK, Wanted(START, END, text="WALL street"))
    chinese = articles.search(filled, DESK, Wanted(START, END, text="恒生指数", language="zh"))
    assert len(english) and all("Wall Street" in title for title in english["title"])
    assert len(chinese) and set(chinese["language"]) == {"zh"}


def test_sentiments_divide_the_articles(filled: Store) -> None:
    parts = [
        articles.tally(filled, DESK, Wanted(START, END, sentiment=name))["articles"]
        for name in ("negative", "neutral", "positive", "unsure")
    ]
    assert all(parts) and sum(parts) == articles.tally(filled, DESK, Wanted(START, END))["articles"]


def test_what_is_pending_is_found_by_its_state_alone(sqlite_store: Store) -> None:
    fill(sqlite_store, count=300)
    with sqlite_store.write() as connection:
        connection.exec_driver_sql("UPDATE alerts SET state = 'pending', fired = 0 WHERE state = 'firing'")
    (pending,) = set(alerts.find(sqlite_store, DESK, WantedAlerts(START, END, states=("pending",)))["state"])
    assert pending == "pending"
    both = WantedAlerts(START, END, states=("firing", "pending"))
    assert set(alerts.find(sqlite_store, DESK, both)["state"]) == {"pending"}
    assert "pending" not in set(alerts.find(sqlite_store, DESK, WantedAlerts(START, END))["state"])


def test_an_alert_has_its_lines_marks_and_articles(filled: Store) -> None:
    found = alerts.find(filled, DESK, WantedAlerts(START, END))
    first = found.iloc[0]
    assert not first["acknowledged"] and first["disposition"] == ""
    assert len(alerts.lines(filled, DESK, first["id"])) >= 1
    assert first["id"] in set(alerts.marks(filled, DESK, [first["series"]], WHOLE)["id"])
    assert alerts.counts(filled, DESK)["firing"] == (found["state"] == "firing").sum()
    assert alerts.one(filled, DESK, "nothing").empty


def test_read_equals_stored_dead_and_duplicates(filled: Store) -> None:
    table = pipeline.by_source(filled)
    assert table["read"].sum() == table[["article", "duplicate", "dead"]].to_numpy().sum()
    reasons = pipeline.dead_by_reason(filled)
    assert reasons["number"].sum() == table["dead"].sum() == 37
    assert len(pipeline.dead_letters(filled, "no_text")) == 27


def test_a_company_is_called_as_the_articles_call_it(filled: Store) -> None:
    assert articles.company_names(filled)["US:GM"] == "General Motors"
    assert "US:NOBODY" not in articles.company_names(filled)
    assert articles.company_names(filled, most=0) == {}


def test_slots_begin_at_multiples_of_their_width(filled: Store) -> None:
    slots = series.by_slot(filled, DESK, ["all"], Period(START + 5 * HOUR, END, 6 * HOUR))
    assert (slots["slot"] % (6 * HOUR) == 0).all()
