"""What topics tell of an incident on a company is known by its articles, alike from the store and in a backtest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pytest

from alerts.engine.assembly import runners_of
from alerts.engine.desk import Desk
from alerts.engine.rule_runner import RuleRunner
from alerts.engine.rule_threshold import FittedThreshold, Interval, RuleThreshold
from alerts.engine.watermark import Watermark
from alerts.rules.loading import parse_rules
from alerts.storage import persist
from alerts.testing import START, scored
from alerts.thresholds.echoes import ECHO_SERIES, PaneArticles, articles_in_store, echoes
from backtest.run import run
from core.records import Marker, ScoredArticle
from core.settings import StoreSettings
from core.store import open_store
from core.times import DAY, HOUR, MINUTE

RULES = parse_rules(
    """
rules:
  - {name: company, series: ["entity:*"], window: 3h, detector: negative_volume}
  - {name: topic, series: ["topic:*"], window: 3h, detector: negative_volume}
""",
    "rules.yaml",
)
COMPANY = "entity:US:JPM"
ALARM = (COMPANY, START + 4 * HOUR, START + 8 * HOUR)


def news() -> list[ScoredArticle]:
    """Ten articles on a company at law, six on its credit beside four on another's; of those on energy few."""
    found = []
    for number in range(20):
        at = START + 2 * HOUR + number * 18 * MINUTE
        topics = {"credit_debt": 9_000} if number % 2 else {"legal_regulation": 9_000}
        if number < 8:
            topics["energy"] = 8_000
        entities = ("US:XOM",) if number in (1, 3, 5, 7) else ("US:JPM",)
        found.append(scored(number, at, negative=8_000, topics=topics, entities=entities))
    found += [
        scored(100 + number, START + 3 * HOUR + number * MINUTE, topics={"energy": 9_000})
        for number in range(9)
    ]
    return sorted(found, key=lambda one: one.article.available_at)


def test_a_topic_tells_of_an_alarm_where_most_of_its_articles_are_the_alarms() -> None:
    told: Mapping[str, Collection[str]] = {
        COMPANY: ["a", "b", "c"],
        "topic:legal_regulation": ["a", "b", "x"],
        "topic:earnings": ["c", "y"],
        "topic:energy": ["z"],
    }
    asked = []

    def within(
        series: Collection[str], start: int, end: int, most: int | None
    ) -> Mapping[str, Collection[str]]:
        asked.append((start, end, most))
        return told

    found = echoes({"company": [ALARM]}, {"company": 3 * HOUR}, within)
    assert found == [("topic:legal_regulation", ALARM[1], ALARM[2] + 3 * HOUR)]
    since = ALARM[1] - 3 * HOUR
    assert asked == [(since, ALARM[2], None), (since, ALARM[2], 6)]
    assert not echoes({"an immediate rule": [ALARM]}, {"company": 3 * HOUR}, within)
    assert not echoes({"company": [("topic:legal_regulation", *ALARM[1:])]}, {"company": 3 * HOUR}, within)


def test_the_store_and_a_backtest_know_the_same(tmp_path: Path) -> None:
    desk, pane_articles = Desk(RULES, runners_of(RULES, MINUTE), Watermark(1, MINUTE), MINUTE), PaneArticles()
    for one in news():
        desk.add(one)
    desk.on_marker(0, Marker(writer="t", t=START + DAY, end=True))
    store = open_store(StoreSettings(url=f"sqlite:///{tmp_path}/store.db"))
    with store.write() as connection:
        more = True
        while more:
            more, effects = desk.advance(), desk.effects()
            pane_articles.add(effects.panes)
            persist.save(connection, "main", desk, effects)
    with store.read() as connection:
        ask = articles_in_store(connection, "main")
        for start, end in ((START, START + DAY), (START + 3 * HOUR, START + 5 * HOUR), (START, START)):
            other = pane_articles.within((COMPANY, *ECHO_SERIES), start, end)
            told = {name: ids for name, ids in other.items() if ids}
            assert told == ask((COMPANY, *ECHO_SERIES), start, end, None)
            few = {name: ids for name, ids in told.items() if len(ids) <= 8}
            assert few == ask((COMPANY, *ECHO_SERIES), start, end, 8) and (len(few) < len(told) or not told)
        windows = {rule.id: rule.window_ms for rule in RULES.rules}
        found = echoes({"company": [ALARM]}, windows, ask)
        assert found == echoes({"company": [ALARM]}, windows, pane_articles.within)
        other_desk = articles_in_store(connection, "other")
        assert not echoes({"company": [ALARM]}, windows, other_desk)
    store.close()
    until = ALARM[2] + 3 * HOUR
    names = ("credit_debt", "credit_debt@en", "legal_regulation", "legal_regulation@en")
    assert sorted(found) == [(f"topic:{name}", ALARM[1], until) for name in names]


@pytest.mark.parametrize("judged", [True, False])
def test_fits_of_a_backtest_hear_of_them(judged: bool) -> None:
    pane_articles: list[set[str]] = []

    class Recording(RuleThreshold):
        def refit(
            self, at: int, true_alarms: Sequence[Interval], echoes: Sequence[Interval]
        ) -> FittedThreshold | None:
            pane_articles.append({series for series, _, _ in echoes})
            return super().refit(at, true_alarms, echoes)

    def make(rules: object, pane: int) -> list[RuleRunner]:
        runners = runners_of(RULES, pane)
        for runner in runners:
            runner.threshold = Recording(runner.rule, runner.threshold.budget)
        return runners

    later = [
        scored(500 + number, START + DAY + number * MINUTE, topics={"crypto": 9_000}) for number in range(600)
    ]
    articles = [*news(), *later, scored(2_000, START + 15 * DAY, topics={"energy": 9_000})]
    alarms = {"company": [ALARM]} if judged else {}
    run(iter(articles), RULES, pane_ms=MINUTE, lateness_ms=MINUTE, make_runners=make, reader=lambda _: alarms)
    names = ("credit_debt", "credit_debt@en", "legal_regulation", "legal_regulation@en")
    assert pane_articles and set().union(*pane_articles) == (
        {f"topic:{name}" for name in names} if judged else set()
    )
