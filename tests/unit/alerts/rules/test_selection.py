"""A rule over few series need not be as careful at first as one over a hundred, and knows by its text alone."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from alerts.engine.assembly import runners_of
from alerts.engine.desk import Desk
from alerts.engine.watermark import Watermark
from alerts.interfaces.export import alert_lines
from alerts.rules.loading import parse_rules
from alerts.rules.model import Rule
from alerts.storage import persist, restore
from alerts.testing import scored
from alerts.thresholds.conservative import ASSUMED_SERIES
from alerts.thresholds.history import history_of
from core.records import TOPICS, Marker
from core.settings import StoreSettings
from core.store import Store, open_store
from core.times import DAY, HOUR, MINUTE, parse_iso

LISTS = """
watch_lists:
  ours: [US:AAPL, US:F, HK:00700]
  many: [{many}]
sectors: {{cars: [US:F, US:TSLA], chips: [US:NVDA, US:INTC]}}
""".format(many=", ".join(f"US:T{n}" for n in range(60)))


def rule(what: str, detector: str = "negative_volume") -> Rule:
    text = f"{LISTS}\nrules:\n  - {{name: one, window: 3h, detector: {detector}, budget: 1/week, {what}}}\n"
    return parse_rules(text, "rules.yaml").rules[0]


@pytest.mark.parametrize(
    ("what", "series"),
    [
        ('series: ["entity:US:AAPL"]', 1),
        ('series: ["entity:US:{AAPL,F}", "entity:US:AAPL"]', 2),
        ('series: ["all", "all@en", "all@zh"]', 3),
        ('series: ["topic:*"]', len(TOPICS)),
        ('series: ["topic:*@zh"]', len(TOPICS)),
        ('series: ["topic:c*"]', sum(topic.startswith("c") for topic in TOPICS)),
        ('series: ["topic:*"], exclude: ["topic:{energy,general}"]', len(TOPICS) - 2),
        ('series: ["{all,topic:energy}@{en,zh}"]', 4),
        ('series: ["entity:US:AAPL/topic:*"]', len(TOPICS)),
        ("watch_list: ours", 3),
        ('watch_list: ours, series: ["entity:US:*"]', 2),
        ('watch_list: ours, series: ["entity:*/topic:{energy,crypto}"]', 6),
        ('watch_list: ours, series: ["entity:*", "entity:*@zh"], exclude: ["entity:US:F"]', 5),
        ('series: ["source:reuters"]', 1),
        ('series: ["entity:*"]', None),
        ('series: ["entity:US:A?PL"]', None),
        ('series: ["source:*"]', None),
        ('series: ["topic:*@*"]', None),
        ('series: ["topic:energy", "**"]', None),
        ('watch_list: ours, series: ["**"]', None),
        ('series: ["topic:energy", "entity:*"]', None),
    ],
)
def test_how_many_series_there_can_be_is_known_from_the_rule(what: str, series: int | None) -> None:
    assert rule(what).known_series == series


def test_of_a_rule_by_sector_the_companies_of_sectors_are_all_that_there_are() -> None:
    assert rule('series: ["entity:*"]', "sector_divergence").known_series == 4


def test_braces_without_end_are_as_good_as_open() -> None:
    assert rule('series: ["entity:US:' + "{A,B}" * 40 + '"]').known_series is None


def first(what: str) -> float:
    """The threshold before there is any history."""
    return history_of(rule(what), MINUTE).initial().threshold


def test_the_fewer_series_the_sooner_a_rule_may_speak() -> None:
    open_ = first('series: ["entity:*"]')
    one = first('series: ["entity:US:AAPL"]')
    few = first("watch_list: ours")
    topics = first('series: ["topic:*"]')
    assert one < few < topics < open_
    # A budget of one a week: a window of 3 h has 56 places in a week, each taken for four chances.
    assert 10**one == pytest.approx(4 * 56, rel=1e-3)
    assert 10**open_ == pytest.approx(ASSUMED_SERIES * 56, rel=1e-3)


def test_no_rule_is_more_careful_than_one_of_which_nothing_is_known() -> None:
    assert first("watch_list: many") == first('watch_list: many, series: ["entity:*/topic:*"]')
    assert first("watch_list: many") == first('series: ["entity:*"]')


MONDAY = parse_iso("2024-01-01T00:00:00Z")
RULES = parse_rules(
    LISTS
    + """
rules:
  - name: mine
    series: ["entity:US:AAPL"]
    window: 3h
    detector: {kind: negative_volume, calendar: none}
    resolve: {below: 0.6, after: 1h}
    budget: 1/week
  - name: anyone
    series: ["entity:*"]
    window: 3h
    detector: {kind: negative_volume, calendar: none}
    resolve: {below: 0.6, after: 1h}
    budget: 1/week
""",
    "rules.yaml",
)


def news() -> list:
    """Ten days of a company that is told of now and then, and then an hour of bad news."""
    rng, found, at = random.Random(5), [], MONDAY
    while (at := at + round(rng.expovariate(1.5) * HOUR)) < MONDAY + 10 * DAY:
        found.append(scored(len(found), at, negative=rng.choice([900, 900, 8_500]), entities=["US:AAPL"]))
    for number in range(4):
        when = MONDAY + 9 * DAY + 10 * HOUR + number * 9 * MINUTE
        found.append(scored(90_000 + number, when, negative=9_500, entities=["US:AAPL"]))
    return sorted(found, key=lambda one: one.article.available_at)


def decided(store: Store, restarts: int) -> bytes:
    """The alerts' lines, by a desk that is loaded from the store `restarts` times on the way."""
    articles, end = news(), MONDAY + 11 * DAY

    def fresh() -> Desk:
        return Desk(RULES, runners_of(RULES, MINUTE), Watermark(1, MINUTE), MINUTE)

    desk, at = fresh(), 0
    for part in range(1, restarts + 2):
        stop = MONDAY + (end - MONDAY) * part // (restarts + 1)
        with store.write() as connection:
            while at < len(articles) and articles[at].article.available_at <= stop:
                desk.add(articles[at])
                at += 1
            desk.on_marker(0, Marker(writer="t", t=stop))
            more = True
            while more:
                more = desk.advance()
                persist.save(connection, "main", desk, desk.effects())
            persist.save_progress(connection, "main", desk, {0: 1}, "t")
        with store.read() as connection:
            desk = restore.load(connection, "main", fresh())
    return b"".join(alert_lines(store, "main"))


def test_a_rule_on_one_company_hears_of_it_in_its_second_week(sqlite_store: Store) -> None:
    told = decided(sqlite_store, 0)
    assert b'"rule":"mine"' in told and b'"rule":"anyone"' not in told


def test_restarts_on_the_way_change_no_byte(tmp_path: Path) -> None:
    found = []
    for restarts in (0, 1, 6):
        store = open_store(StoreSettings(url=f"sqlite:///{tmp_path}/{restarts}.db"))
        found.append(decided(store, restarts))
        store.close()
    assert found[0].count(b'"state":"firing"') >= 1 and found[0] == found[1] == found[2]
