"""The scenario generator: reproducible, in time order, honest about its truth and silent about it in the text."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from itertools import islice, pairwise
from pathlib import Path

import pytest

from core.errors import ConfigError
from core.records import TOPICS, ScoredArticle, decode
from core.times import DAY, HOUR, parse_iso
from newsquake.simulate import SimulatedRow, SimulationSpec, generate, plan
from newsquake.simulate.cli import simulate
from newsquake.simulate.kinds import KINDS
from newsquake.simulate.world import WORLD, load_yaml

SPEC = SimulationSpec()


@pytest.fixture(scope="module")
def rows() -> list[SimulatedRow]:
    return list(generate(SPEC))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(rows: list[SimulatedRow]) -> None:
    assert list(generate(SimulationSpec())) == rows
    assert [row.title for row in islice(generate(SimulationSpec(seed=8)), 50)] != [
        row.title for row in rows[:50]
    ]


def test_about_as_many_articles_as_asked_for(rows: list[SimulatedRow]) -> None:
    assert 4_500 <= len(rows) <= 5_500


def test_rows_come_in_order_of_availability_but_for_a_few(rows: list[SimulatedRow]) -> None:
    behind = sum(later.available_at < row.available_at for row, later in pairwise(rows))
    assert 0 < behind < 0.03 * len(rows)
    assert all(row.available_at > row.published_at for row in rows)
    assert sum(row.available_at - row.published_at > HOUR for row in rows) > 0.005 * len(rows)


def test_both_languages_and_every_topic_are_there(rows: list[SimulatedRow]) -> None:
    assert {topic for kind in KINDS for topic in kind.topics} == set(TOPICS)
    assert {topic for row in rows for topic in row.topics} == set(TOPICS)
    languages = Counter(row.language for row in rows)
    assert min(languages["en"], languages["zh"]) > 0.3 * len(rows)
    tones = Counter(row.tone for row in rows)
    assert min(tones.values()) > 0.2 * len(rows)


def test_every_topic_is_told_in_good_bad_and_neutral_tone_over_the_stream(rows: list[SimulatedRow]) -> None:
    tones = defaultdict(set)
    for row in rows:
        for topic in row.topics:
            tones[topic].add(row.tone)
    assert all(len(tones[topic]) >= 2 for topic in TOPICS), tones


def test_texts_vary(rows: list[SimulatedRow]) -> None:
    texts = [row.title + row.body for row in rows]
    assert len(set(texts)) > 0.75 * len(texts)  # the rest are syndicated copies and rows sent twice


def test_nights_and_weekends_are_thin(rows: list[SimulatedRow]) -> None:
    weekend = sum((row.published_at // DAY + 3) % 7 >= 5 for row in rows)
    assert weekend < 0.15 * len(rows)
    office = [row for row in rows if row.publisher == "marketledger.example"]  # New York hours
    night = sum((row.published_at // HOUR - 5) % 24 < 6 for row in office)
    assert night < 0.12 * len(office)


def test_copies_rewrites_and_translations_tell_one_story(rows: list[SimulatedRow]) -> None:
    stories = defaultdict(list)
    for row in rows:
        if not row.incident:
            stories[row.story].append(row)
    several = [group for group in stories.values() if len({row.url for row in group}) > 1]
    assert len(several) > 300
    assert any(len({row.language for row in group}) == 2 for group in several)
    assert any(len({row.title for row in group}) < len({row.url for row in group}) for group in several)
    for group in several:
        assert len({row.entity for row in group}) == 1
        assert all((group[0].signature ^ row.signature).bit_count() <= 24 for row in group)


def test_some_rows_stand_twice(rows: list[SimulatedRow]) -> None:
    twice = len(rows) - len({row.id for row in rows})
    assert 0 < twice < 0.02 * len(rows)
    assert len({row.id for row in rows}) == len({row.url for row in rows})


def test_the_first_incident_comes_after_some_history_but_early(rows: list[SimulatedRow]) -> None:
    first = plan(SPEC)[0]
    before = sum(row.available_at < first.onset for row in rows) / len(rows)
    assert first.must_alert
    assert 0.15 < before < 0.3


def test_incidents_stand_out_in_their_series(rows: list[SimulatedRow]) -> None:
    for incident in plan(SPEC):
        own = [row for row in rows if row.incident == incident.id]
        assert len({row.id for row in own}) == len(incident.reports)
        assert incident.onset <= min(row.available_at for row in own)
        if incident.must_alert:
            assert len({row.publisher for row in own}) >= 8
            assert len({row.story for row in own}) >= 5
            assert {row.tone for row in own} == {"negative"}
        if incident.company:
            same = [row for row in rows if row.entity == incident.company.entity and not row.incident]
            usual = len(same) * (incident.end - incident.onset) / (SPEC.end_ms - SPEC.start_ms)
            assert len(own) > 5 * usual


def test_the_rumour_has_one_outlet_and_the_copies_one_story(rows: list[SimulatedRow]) -> None:
    incidents = {incident.kind: incident for incident in plan(SPEC)}
    rumour = [row for row in rows if row.incident == incidents["rumour"].id]
    storm = [row for row in rows if row.incident == incidents["copy_storm"].id]
    assert not incidents["rumour"].must_alert
    assert not incidents["copy_storm"].must_alert
    assert len({row.publisher for row in rumour}) == 1
    assert len({row.story for row in storm}) == 1
    assert len({row.publisher for row in storm}) > 8


def test_incidents_of_one_simulation_have_different_companies() -> None:
    series = [incident.series for incident in plan(SPEC)]
    assert len(series) == len(set(series))


def test_a_longer_simulation_has_more_incidents_of_all_kinds() -> None:
    kinds = {incident.kind for incident in plan(SimulationSpec(weeks=12))}
    assert kinds == set(load_yaml("incidents.yaml"))


def test_no_truth_leaks_into_the_text_or_the_address(rows: list[SimulatedRow]) -> None:
    told = re.compile(
        r"incident|negative\b|positive\b|must_alert|simulat|\{|\}|\[(?!doge)|None", re.IGNORECASE
    )
    allowed = re.compile(r"outlook (lowered|cut) to negative|negative watch", re.IGNORECASE)
    for row in rows:
        text = f"{row.title} {row.body} {row.url} {row.id}"
        assert not told.search(allowed.sub("", text)), text
        assert row.kind not in row.url


def test_every_headline_of_a_company_names_it() -> None:
    for file in ("news.yaml", "incidents.yaml"):
        for name, item in load_yaml(file).items():
            for phase in item.get("phases", [item]):
                if item.get("about") == "world" or "topic" in item:
                    continue
                for block in (phase["en"], phase["zh"]):
                    for line in block.splitlines():
                        assert line.lstrip().startswith(">") or "{co}" in line, f"{name}: {line}"


def test_the_language_is_the_publishers(rows: list[SimulatedRow]) -> None:
    chinese = re.compile("[\u4e00-\u9fff]")
    languages = {publisher.name: publisher.language for publisher in WORLD.publishers}
    for row in rows:
        assert languages[row.publisher] == row.language
        assert bool(chinese.search(row.title + row.body)) == (row.language == "zh")


def test_a_heavy_stream_stays_in_little_memory() -> None:
    spec = SimulationSpec(articles=2_000_000)
    head = list(islice(generate(spec), 20_000))
    assert head[-1].available_at - head[0].available_at < 36 * HOUR
    assert {incident.onset for incident in plan(spec)}


def test_the_command_writes_articles_and_events_that_say_nothing_of_the_truth(tmp_path: Path) -> None:
    simulate(out=tmp_path, articles=600, weeks=2, seed=3, start="2026-03-02")
    lines = [json.loads(line) for line in (tmp_path / "articles.jsonl").read_text("utf-8").splitlines()]
    assert set(lines[0]) == {
        "id", "published_at", "available_at", "source", "publisher", "url", "title", "body", "language",
    }  # fmt: skip
    assert all(parse_iso(line["available_at"]) > parse_iso(line["published_at"]) for line in lines)
    with (tmp_path / "events.csv").open(encoding="utf-8") as file:
        events = list(csv.DictReader(file))
    assert {event["must_alert"] for event in events} == {"true", "false"}
    assert all(parse_iso(event["onset"]) < parse_iso(event["end"]) for event in events)


def test_pre_scored_articles_are_records_with_nearly_true_labels(tmp_path: Path) -> None:
    simulate(out=tmp_path, articles=1_000, weeks=1, scored=True)
    lines = (tmp_path / "scored.jsonl").read_bytes().splitlines()
    records = [decode(line, "scored/1") for line in lines]
    rows = list(generate(SimulationSpec(articles=1_000, weeks=1)))
    assert len(records) == len(rows)
    right = 0
    for record, row in zip(records, rows, strict=True):
        assert isinstance(record, ScoredArticle)
        values = {"negative": record.p_negative, "neutral": record.p_neutral, "positive": record.p_positive}
        assert sum(values.values()) == 10_000
        assert min(values.values()) >= 0
        right += max(values, key=lambda tone: values[tone]) == row.tone
        assert set(record.topics) == set(row.topics)
        assert len(record.signature) == 32
    assert 0.95 < right / len(rows) < 1


def test_wrong_usage_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="at least 100 articles"):
        simulate(out=tmp_path, articles=5)
    with pytest.raises(ConfigError, match="simulate"):
        simulate(out=tmp_path, start="yesterday")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="file"):
        simulate(out=tmp_path / "file")
