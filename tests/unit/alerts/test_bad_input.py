"""Bad input: each has a stated outcome (docs/windows.md, the table)."""

from __future__ import annotations

import msgspec
import pytest

from alerts.engine.watermark import NEVER, Watermark
from alerts.storage.polled import decode_batch
from alerts.testing import START, desk_of, drive, end_marker, rule_set, scored
from alerts.windows.naming import names
from core.bus.base import SCORED, Received
from core.records import Article, Health, Marker, Mention, encode, schema_of
from core.times import DAY, MINUTE, iso


def received(value: bytes, schema: str = "scored/1", offset: int = 0) -> Received:
    return Received(SCORED, 0, offset, b"k", value, schema)


def one(record, offset=0):
    return received(encode(record), schema_of(record), offset)


def changed(**fields):
    return msgspec.structs.replace(scored(1, START), **fields)


@pytest.mark.parametrize(
    "wrong",
    [
        changed(p_negative=-1),
        changed(p_negative=10_001),
        changed(p_negative=0, p_neutral=0, p_positive=0),
        changed(mentions=(Mention("US:A", p_negative=9_000, p_neutral=9_000),)),
        changed(article=msgspec.structs.replace(scored(1, START).article, available_at=-5)),
        changed(article=msgspec.structs.replace(scored(1, START).article, available_at=1 << 60)),
        changed(article=msgspec.structs.replace(scored(1, START).article, id="")),
        changed(article=msgspec.structs.replace(scored(1, START).article, origin="x" * 81)),
    ],
)
def test_impossible_article_is_dead_and_its_origin_known(wrong):
    batch = decode_batch([one(wrong)], "topic", 0, {})
    assert not batch.records and batch.next_offsets == {0: 1}
    [letter] = batch.dead
    assert letter.reason == "bad_schema" and letter.detail
    assert letter.origin in (wrong.article.origin, "t:topic:0:0")


def test_nan_probabilities_are_dead():
    value = encode(scored(1, START)).replace(b'"p_negative":1000', b'"p_negative":NaN')
    [letter] = decode_batch([received(value)], "topic", 0, {}).dead
    assert letter.reason == "bad_json"


def test_infinite_probabilities_are_dead():
    value = encode(scored(1, START)).replace(b'"p_negative":1000', b'"p_negative":1e400')
    assert len(decode_batch([received(value)], "topic", 0, {}).dead) == 1


@pytest.mark.parametrize("value", [b"", b"null", b"[]", b"\xff\xfe", b"{" * 100_000])
def test_garbage_is_dead_with_its_place(value):
    [letter] = decode_batch([received(value, offset=7)], "topic", 0, {}).dead
    assert letter.origin == "t:topic:0:7" and letter.offset == 7


def test_record_of_another_kind_is_dead():
    article = Article(
        id="a", revision="1", origin="o", source="s", published_at=0, first_seen_at=0, available_at=0
    )
    [letter] = decode_batch([one(article)], "topic", 0, {}).dead
    assert "no place" in letter.detail


def test_poison_is_counted_only_in_a_row():
    good, bad = one(scored(1, START)), received(b"x")
    assert decode_batch([bad, bad, good, bad], "topic", 0, {0: 5}).poison == {0: 1}
    assert decode_batch([bad, bad], "topic", 0, {0: 5}).poison == {0: 7}


def test_unknown_topics_and_malformed_entities_make_no_series():
    wild = changed(
        topics={"energy": 9_000, "no such topic": 9_000, "evil/topic:x": 9_000},
        mentions=(
            Mention("US:A", relevance=9_000),
            Mention("US:A@zh", relevance=9_000),
            Mention("../../etc", relevance=9_000),
            Mention("US:B", relevance=10),
        ),
    )
    assert {series for series, _ in names(wild)} == {
        "all",
        "all@en",
        "topic:energy",
        "topic:energy@en",
        "entity:US:A",
        "entity:US:A@en",
        "source:wire",
    }


def test_language_and_source_from_the_world_cannot_break_a_name():
    article = msgspec.structs.replace(scored(1, START).article, source="a b@c\n" + "x" * 500)
    odd = changed(article=article, language="e\nn; DROP TABLE")
    found = [series for series, _ in names(odd)]
    assert all(len(name) <= 160 and not set(name) & set(" \n@") for name in found)


def test_company_by_topic_exists_for_watched_companies_and_where_asked():
    article = changed(mentions=(Mention("US:A", relevance=9_000), Mention("US:B", relevance=9_000)))
    combined = {series for series, _ in names(article, {"US:A"}) if "/" in series}
    assert combined == {"entity:US:A/topic:energy", "entity:US:A/topic:energy@en"}
    asked = names(article, (), lambda series: series.startswith("entity:US:B"))
    assert {series for series, _ in asked if "/" in series and "@" not in series} == {
        "entity:US:B/topic:energy"
    }


def test_companys_series_takes_the_mentions_own_sentiment():
    desk = desk_of(rule_set())
    mixed = changed(
        mentions=(Mention("US:A", relevance=9_000, p_negative=9_000, p_neutral=1_000, p_positive=0),)
    )
    effects = drive(desk, [mixed, end_marker(START + DAY)])
    found = {pane.window.series: pane.window for one in effects for pane in one.panes}
    assert found["entity:US:A"].negative == 1 and found["all"].negative == 0


def test_thousand_repeats_in_one_pane_count_as_one_story():
    desk = desk_of(rule_set())
    copies = [scored(n, START + n, signature="ab" * 16, title="The same") for n in range(1_000)]
    effects = drive(desk, [*copies, end_marker(START + DAY)], chunk=300)
    [window] = [p.window for one in effects for p in one.panes if p.window.series == "all"]
    assert (window.articles, window.stories) == (1_000, 1)


def test_rule_that_matches_fifty_thousand_series_is_looked_at_sparsely():
    desk = desk_of(rule_set())
    articles = [
        scored(n, START + n, entities=[f"US:C{10 * n + k}" for k in range(10)], title=f"T{n} x")
        for n in range(5_000)
    ]
    drive(desk, [*articles, end_marker(START + DAY)], chunk=5_000)
    detector = desk.runners[0].detector
    series = 10 * len(articles)
    assert sum(name.startswith("entity:US:C") for name in detector.dump()) == series == 50_000
    # Below its minimum of evidence a series is learned from when something came, and never looked at for nothing.
    assert series <= detector.steps < 3 * series
    assert len(desk.windows) == 0


def test_rules_with_one_name_are_a_fault_with_a_line():
    from alerts.rules.loading import parse_rules
    from core.errors import ConfigError

    text = rule_set().source + "\n  - name: share\n    series: [all]\n    threshold: 0.5\n"
    with pytest.raises(ConfigError, match=r":\d+: "):
        parse_rules(text, "rules.yaml")


def test_clock_that_jumps_back_moves_no_watermark():
    watermark = Watermark(1, MINUTE)
    assert watermark.on_marker(0, Marker(writer="w", t=START)) == START - MINUTE
    assert watermark.on_marker(0, Marker(writer="w", t=START - DAY)) == START - MINUTE


def test_slowest_living_writer_holds_and_an_ended_one_does_not():
    watermark = Watermark(1, 0)
    watermark.on_marker(0, Marker(writer="fast", t=START + DAY))
    watermark.on_marker(0, Marker(writer="slow", t=START))
    assert (
        watermark.at == START + DAY
    )  # the slow one came when the fast one alone had moved it: it never goes back
    watermark.on_marker(0, Marker(writer="fast", t=START + 3 * DAY))
    assert watermark.at == START + DAY
    watermark.on_marker(0, Marker(writer="slow", t=START + 2 * DAY, end=True))
    assert watermark.at == START + 3 * DAY and not watermark.ended
    watermark.on_marker(0, Marker(writer="fast", t=START + 4 * DAY, end=True))
    assert watermark.at == START + 4 * DAY and watermark.ended


def test_partition_without_a_marker_holds_everything():
    watermark = Watermark(2, 0)
    assert watermark.on_marker(0, Marker(writer="w", t=START)) < NEVER + 1 and not watermark.ended


def test_markers_survive_a_restart_and_another_log_voids_them():
    watermark = Watermark(2, 0)
    for partition in range(2):
        watermark.on_marker(partition, Marker(writer="w", t=START))
    again = Watermark(2, 0)
    again.load(msgspec.msgpack.decode(msgspec.msgpack.encode(watermark.dump())))
    assert again.at == START and again.newest(1) == START
    again.void()
    assert again.at == START and again.newest(1) == NEVER


def test_series_that_nobody_reads_is_not_calm():
    desk = desk_of(rule_set(after="1m"))
    burst = [scored(n, START + n * 1000, negative=9_000) for n in range(6)]
    broken = Health(
        source="wire", at=START + 2 * MINUTE, status="broken", expected=9.0, seen=0, since=START + MINUTE
    )
    desk.on_health(broken)
    effects = drive(desk, [*burst, end_marker(START + DAY)])
    states = [change.line.state for one in effects for change in one.changes if change.line.series == "all"]
    assert states == ["firing"]


IMMEDIATE = """
immediate:
  - {name: bank, entities: ["US:JPM"], min_probability: 0.8}
"""


def test_an_article_from_the_future_raises_its_immediate_alert_when_time_has_come_near_it():
    desk = desk_of(rule_set(more=IMMEDIATE))
    bad = {"negative": 9_000, "entities": ["US:JPM"]}
    ahead = START + 40_000 * DAY
    early = drive(
        desk, [(0, Marker(writer="w", t=START)), scored(1, ahead, **bad), scored(2, START + MINUTE, **bad)]
    )
    told = [change.line for one in early for change in one.changes]
    assert [line.article_ids for line in told] == [[scored(2, START).article.id]]
    late = drive(desk, [(0, Marker(writer="w", t=ahead))])
    told = [change.line for one in late for change in one.changes if change.line.state == "firing"]
    assert [(line.onset, line.decided_at) for line in told] == [(iso(ahead), iso(ahead))]
