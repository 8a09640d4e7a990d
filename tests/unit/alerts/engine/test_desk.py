"""The desk: what closes a pane, what counts once, what an alert needs."""

from __future__ import annotations

import msgspec

from alerts.testing import START, desk_of, drive, end_marker, lines, rule_set, scored
from core.records import Marker
from core.times import DAY, MINUTE, WEEK


def _panes(effects):
    return [pane for one in effects for pane in one.panes]


def _all(effects):
    return {p.window.start: p.window for p in _panes(effects) if p.window.series == "all"}


def _fates(effects):
    return {outcome.id: outcome.outcome for one in effects for outcome in one.outcomes}


def test_no_pane_closes_without_a_marker():
    desk = desk_of(rule_set())
    effects = drive(desk, [scored(1, START), scored(2, START + DAY)])
    assert not _panes(effects) and desk.open_panes == 2


def test_pane_closes_when_the_watermark_passes_its_end():
    desk = desk_of(rule_set())
    assert not _panes(drive(desk, [scored(1, START), (0, Marker(writer="w", t=START + 2 * MINUTE - 1))]))
    effects = drive(desk, [(0, Marker(writer="w", t=START + 2 * MINUTE))])
    assert _all(effects)[START].articles == 1


def test_slowest_partition_holds_the_panes_open():
    desk = desk_of(rule_set(), partitions=2)
    assert not _panes(drive(desk, [scored(1, START), (0, Marker(writer="w", t=START + DAY))]))
    assert _panes(drive(desk, [(1, Marker(writer="w", t=START + DAY))]))


def test_article_within_the_lateness_counts_where_it_belongs():
    desk = desk_of(rule_set())
    effects = drive(
        desk,
        [
            scored(1, START),
            (0, Marker(writer="w", t=START + 2 * MINUTE - 1)),
            scored(2, START + 30_000),
            end_marker(START + DAY),
        ],
        chunk=1,
    )
    assert _all(effects)[START].articles == 2


def test_later_article_is_late_and_changes_no_pane():
    desk = desk_of(rule_set())
    drive(desk, [scored(1, START), (0, Marker(writer="w", t=START + DAY))])
    effects = drive(desk, [scored(2, START), (0, Marker(writer="w", t=START + 2 * DAY))])
    assert not _panes(effects)
    assert [(entry.id, story) for entry, story in effects[0].late] == [(scored(2, START).article.id, "")]


def test_id_counts_once_within_seven_days():
    desk = desk_of(rule_set())
    desk.deduplicator.flag(scored(1, START).article.id, None)
    effects = drive(
        desk,
        [
            scored(1, START),
            scored(1, START + DAY, revision="2"),
            scored(1, START + WEEK, revision="3"),
            end_marker(START + 2 * WEEK),
        ],
    )
    counted = {pane.window.start for pane in _panes(effects)}
    assert counted == {START, (START + WEEK) // MINUTE * MINUTE}


def test_watermark_never_goes_back():
    desk = desk_of(rule_set())
    drive(desk, [scored(1, START), (0, Marker(writer="w", t=START + DAY))])
    closed = desk.closed
    drive(desk, [(0, Marker(writer="w", t=START)), (0, Marker(writer="other", t=0))])
    assert desk.closed == closed == START + DAY - MINUTE


def test_article_from_the_future_waits_and_moves_nothing():
    desk = desk_of(rule_set())
    effects = drive(
        desk, [scored(1, START + 3000 * DAY), scored(2, START), (0, Marker(writer="w", t=START + DAY))]
    )
    assert set(_all(effects)) == {START} and desk.open_panes == 1


def test_article_from_1970_is_late_on_a_running_desk():
    desk = desk_of(rule_set())
    drive(desk, [scored(1, START), (0, Marker(writer="w", t=START + DAY))])
    assert desk.add(scored(2, 0)) == "late"


def test_empty_decades_cost_nothing():
    desk = desk_of(rule_set())
    effects = drive(desk, [scored(1, 0), scored(2, START), end_marker(START + DAY)])
    assert len(_all(effects)) == 2
    assert sum(one.slices for one in effects) == (START + DAY) // MINUTE - 1


def _burst(at, first, negative, number=6, **options):
    return [scored(first + i, at + i * 1000, negative=negative, **options) for i in range(number)]


def test_alert_fires_and_resolves_with_the_ids_of_its_evidence():
    desk = desk_of(rule_set())
    articles = _burst(START, 100, 9_000)
    effects = drive(desk, [*articles, end_marker(START + DAY)])
    found = [msgspec.json.decode(line) for line in lines(effects).splitlines()]
    mine = [line for line in found if line["series"] == "all"]
    assert [(line["state"], line["severity"]) for line in mine] == [("firing", "high"), ("resolved", "high")]
    assert mine[0]["article_ids"] == sorted(one.article.id for one in articles)
    assert mine[0]["stories"] == 6 and mine[0]["observed"] == 1.0
    assert "at" not in mine[0] and mine[0]["decided_at"] > mine[0]["onset"]


def test_too_few_publishers_are_no_alert():
    desk = desk_of(rule_set(publishers=2))
    effects = drive(desk, [*_burst(START, 100, 9_000, publisher="bot.example"), end_marker(START + DAY)])
    assert lines(effects) == b""


def test_copies_of_other_news_lend_bad_news_no_breadth():
    copies = [
        scored(number, START + number * 1_000, negative=500, signature="ab" * 16, title="A new head office",
               publisher=f"p{number}.example")
        for number in range(8)
    ]  # fmt: skip
    bot = _burst(START + MINUTE, 100, 9_000, number=20, publisher="bot.example")
    asked = {"publishers": 6, "negative_publishers": 3}
    assert lines(drive(desk_of(rule_set(publishers=6)), [*copies, *bot, end_marker(START + DAY)]))
    assert lines(drive(desk_of(rule_set(**asked)), [*copies, *bot, end_marker(START + DAY)])) == b""
    three = [scored(50 + n, START + MINUTE, negative=9_000, publisher=f"p{n}.example") for n in range(3)]
    assert lines(drive(desk_of(rule_set(**asked)), [*copies, *three, *bot, end_marker(START + DAY)]))


def test_one_outlet_cannot_tip_an_alert_that_others_do_not_bear_out():
    """Two stories that several tell, and three posts of one outlet: five stories, but two without that outlet."""
    told = [("ab" * 16, "Bank run in Lyon"), ("3c" * 16, "Refinery burns near Houston")]
    several = [
        scored(number, START + number * 1_000, negative=9_000, signature=told[number % 2][0], title=told[number % 2][1],
               publisher=f"p{number}.example")
        for number in range(6)
    ]  # fmt: skip
    posts = [
        scored(20 + n, START + MINUTE, negative=9_000, title=f"Post {n}", publisher="bot.example")
        for n in range(3)
    ]
    rules = {"stories": 5, "publishers": 7}
    news = [*several, *posts, end_marker(START + DAY)]
    assert lines(drive(desk_of(rule_set(**rules)), news))
    assert lines(drive(desk_of(rule_set(**rules, stories_beside_one=3)), news)) == b""
    third = scored(40, START + MINUTE, negative=9_000, title="A third story", publisher="p1.example")
    assert lines(drive(desk_of(rule_set(**rules, stories_beside_one=3)), [*news[:-1], third, news[-1]]))


def test_copies_are_one_story():
    desk = desk_of(rule_set(stories=2))
    copies = _burst(START, 100, 9_000, signature="ab" * 16, title="Bank run in Lyon")
    effects = drive(desk, [*copies, end_marker(START + DAY)])
    assert _all(effects)[START].stories == 1 and _all(effects)[START].articles == 6
    assert lines(effects) == b""


def test_alert_that_must_hold_is_pending_first_and_says_so():
    desk = desk_of(rule_set(hold="4m"))
    effects = drive(desk, [*_burst(START, 100, 9_000), end_marker(START + DAY)])
    states = [msgspec.json.decode(line)["state"] for line in lines(effects).splitlines()]
    assert states.count("pending") == states.count("firing") == states.count("resolved") == 2


def test_breach_that_does_not_hold_leaves_nothing():
    desk = desk_of(rule_set(hold="10m"))
    calm = _burst(START + 3 * MINUTE, 200, 500, number=20)
    effects = drive(desk, [*_burst(START, 100, 9_000), *calm, end_marker(START + DAY)])
    assert lines(effects) == b""
    assert any(one.gone for one in effects) or not any(one.alerts for one in effects)


def test_severity_rises_and_does_not_flap():
    desk = desk_of(rule_set(window="1h", after="2h"))
    mixed = [*_burst(START, 100, 9_000, number=6), *_burst(START, 200, 500, number=5)]
    worse = _burst(START + 10 * MINUTE, 300, 9_000, number=30)
    better = _burst(START + 20 * MINUTE, 400, 500, number=12)
    effects = drive(desk, [*mixed, *worse, *better, end_marker(START + DAY)])
    found = [msgspec.json.decode(line) for line in lines(effects).splitlines()]
    assert [(line["state"], line["severity"]) for line in found if line["series"] == "all"] == [
        ("firing", "low"),
        ("firing", "high"),
        ("resolved", "high"),
    ]


IMMEDIATE = """
immediate:
  - name: bank
    entities: ["US:JPM"]
    min_probability: 0.8
"""


def test_immediate_rule_needs_one_article_and_no_pane():
    desk = desk_of(rule_set(more=IMMEDIATE))
    effects = drive(desk, [scored(1, START, negative=9_000, entities=["US:JPM"])])
    [line] = lines(effects).splitlines()
    found = msgspec.json.decode(line)
    assert found["onset"] == found["decided_at"] and found["series"].startswith("entity:US:JPM")
    assert not _panes(effects)
