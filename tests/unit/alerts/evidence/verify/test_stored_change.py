"""`newsquake evidence verify ID`: every pack of the alert is held against all else that the store has of it."""

from __future__ import annotations

import dataclasses
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from alerts.detectors import KINDS
from alerts.engine.assembly import runners_of
from alerts.evidence import schema
from alerts.interfaces.cli import evidence as cli_evidence
from alerts.rules.loading import parse_rules
from alerts.storage.worker import run
from alerts.testing import START
from core.bus.base import SCORED
from core.bus.memory import MemoryBus
from core.errors import NewsquakeError
from core.records import Marker
from core.settings import Settings, StoreSettings
from core.stage import Stage
from core.store import open_store
from core.times import DAY, HOUR, MINUTE, WEEK, iso
from tests.support.packs import RULES, news
from tests.support.waiting import wait_until

FITTED = """
rules:
  - name: many
    series: ["topic:energy"]
    window: 1h
    detector: volume
    budget: 1/week
"""
HELD = RULES.source.replace("threshold: 2.0", "threshold: 2.0\n    hold: 15m")


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which the desk has decided, through its worker."""
    file = tmp_path_factory.mktemp("store") / "store.db"
    store, bus = open_store(StoreSettings(url=f"sqlite:///{file}")), MemoryBus()
    bus.ensure_topics(1)
    producer = bus.producer()
    for one in sorted(news(), key=lambda one: one.article.available_at):
        producer.send(SCORED, one, key=one.article.id, partition=0)
    producer.send(SCORED, Marker(writer="t", t=START + 60 * HOUR, end=True), key="", partition=0)
    producer.flush()
    stage, failures = Stage("alerts", store), []

    def body() -> None:
        try:
            run(Settings(), bus, store, stage, notify=False, rules=parse_rules(HELD, "rules.yaml"))
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    size = len(bus.logs[SCORED][0])
    wait_until(
        lambda: not thread.is_alive() or bus.offsets.get(("desk-main", SCORED, 0), 0) == size, within_s=120
    )
    stage.stop()
    thread.join(60)
    assert not failures
    store.close()
    return file


FIRST = (
    "id = :id AND state = 'firing' AND decided_at = "
    "(SELECT min(decided_at) FROM alert_lines WHERE id = :id AND state = 'firing')"
)


class Copy:
    """A store of its own to tamper with."""

    def __init__(self, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.url, self._capsys = f"sqlite:///{file}", capsys
        self._store = open_store(StoreSettings(url=self.url))

    def do(self, statement: str, **values: object) -> None:
        with self._store.write() as connection:
            connection.exec_driver_sql(statement, values)

    def ask(self, query: str) -> list[tuple]:
        with self._store.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def alert(self, rule: str, series: str = "topic:energy") -> str:
        return str(
            self.ask(f"SELECT id FROM alerts WHERE rule = '{rule}' AND series = '{series}' AND fired")[0][0]
        )

    def verify(self, alert: str) -> tuple[bool, str]:
        """Whether it passes, and what is printed."""
        self._capsys.readouterr()
        try:
            cli_evidence.check(alert, store=self.url)
            passed = True
        except NewsquakeError:
            passed = False
        return passed, self._capsys.readouterr().out

    def bad(self, alert: str) -> list[str]:
        passed, told = self.verify(alert)
        found = [line.removeprefix("BAD  ") for line in told.splitlines() if line.startswith("BAD ")]
        assert passed == (not found)
        return found

    def close(self) -> None:
        self._store.close()


@pytest.fixture
def store(decided: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Copy]:
    file = tmp_path / "store.db"
    shutil.copy(decided, file)
    copy = Copy(file, capsys)
    yield copy
    copy.close()


def test_what_the_desk_wrote_agrees_to_the_last_figure(store: Copy) -> None:
    for rule in ("share", "many", "fixed", "at-once"):
        passed, told = store.verify(store.alert(rule))
        assert passed and "BAD" not in told
        unknown = [line for line in told.splitlines() if line.startswith("  ? ")]
        assert all("stored fit: none was in force then" in line for line in unknown), unknown
    passed, told = store.verify(store.alert("share"))
    titles = [line for line in told.splitlines() if line.endswith(":") and "  " not in line]
    assert titles[0].startswith("pending, low, decided at 2023-") and titles[-1] == "the alert:"
    assert [title.split(",")[0] for title in titles[1:-1]] == ["firing", "firing", "resolved"]
    assert "  -  taken as stated: what the detector had learned before this step" in told
    assert "ok   audit log: it has this line and this pack's hash" in told
    assert told.count("ok   hop: counts") == 4


def test_an_edited_line_and_an_edited_row_are_both_found(store: Copy) -> None:
    alert = store.alert("share")
    line, _ = first(store, alert)
    edited = json.dumps({**json.loads(line), "stories": 99, "severity": "critical"})
    store.do(f"UPDATE alert_lines SET line = :line WHERE {FIRST}", line=edited, id=alert)
    store.do("UPDATE alerts SET severity = 'high' WHERE id = :id", id=alert)
    found = store.bad(alert)
    (of_line,) = [one for one in found if one.startswith("stored line")]
    assert (
        "stories: the pack says" in of_line and "the store 99" in of_line and "the store critical" in of_line
    )
    assert any(one.startswith("stored alert: severity: the last line says") for one in found)
    assert any(one.startswith("desk's state of it: severity") for one in found)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (f"UPDATE alert_lines SET decided_at = {10**18} WHERE {FIRST}", "what the store has"),
        ("UPDATE alerts SET onset = 1000000000000000000 WHERE id = :id", "stored alert"),
        ("UPDATE alerts SET fired_at = -1000000000000000000 WHERE id = :id", "stored alert"),
        (
            'UPDATE alert_lines SET line = replace(line, \'"decided_at":"20\', \'"decided_at":"x20\')'
            f" WHERE {FIRST}",
            "stored alert",
        ),
        (f"UPDATE alert_lines SET line = '[]' WHERE {FIRST}", "stored line"),
    ],
)
def test_a_time_that_there_is_not_is_told_as_another(store: Copy, statement: str, found: str) -> None:
    alert = store.alert("share")
    store.do(statement, id=alert)
    assert any(one.startswith(found) for one in store.bad(alert))


def test_a_line_and_its_pack_that_were_both_made_anew_are_found_by_the_audit_log(store: Copy) -> None:
    alert = store.alert("share")
    line, pack = first(store, alert)
    made = schema.load(pack)
    lie = replace(made, line=replace(made.line, expected=0.01))
    lie = replace(lie, hash=schema.hash_of(lie))
    store.do(
        f"UPDATE alert_lines SET line = :line, evidence = :pack WHERE {FIRST}",
        line=json.dumps({**json.loads(line), "expected": 0.01}), pack=msgspec.json.encode(lie), id=alert,
    )  # fmt: skip
    (of_log,) = [one for one in store.bad(alert) if one.startswith("audit log")]
    assert "evidence: the pack says" in of_log and "expected: the pack says 0.01" in of_log


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE scores SET p_negative = 100, p_neutral = 9900 WHERE id = :id", "p_negative: the pack says"),
        ("UPDATE scores SET abstained = NOT abstained WHERE id = :id", "abstained: the pack says"),
        (
            "UPDATE articles SET available_at = available_at - 60000 WHERE id = :id",
            "available_at: the pack says",
        ),
        ("UPDATE articles SET publisher = 'other' WHERE id = :id", "publisher: the pack says"),
        ("UPDATE articles SET url = 'https://x.example/' WHERE id = :id", "url: the pack says"),
        ("UPDATE seen SET story = 'other' WHERE id = :id", "story: the pack says"),
    ],
)
def test_an_edited_score_label_or_story_is_found(store: Copy, statement: str, found: str) -> None:
    alert = store.alert("share")
    article = pack_of(store, alert)["articles"][0]["id"]
    store.do(statement, id=article)
    said, *_ = [one for one in store.bad(alert) if article[:12] in one]
    assert said.startswith("stored scores: 1 of ") and found in said


def test_a_score_of_the_hop_that_has_left_the_window_is_held_against_the_store_too(store: Copy) -> None:
    alert, hop = "", []
    for alert, pack in store.ask("SELECT id, evidence FROM alert_lines"):  # noqa: B007 - the one with such a hop
        inside = {one["id"] for one in json.loads(pack)["articles"]}
        hop = [one["id"] for one in json.loads(pack).get("hop_articles", []) if one["id"] not in inside]
        if hop:
            break
    store.do("UPDATE articles SET publisher = 'other' WHERE id = :id", id=hop[0])
    assert any(one.startswith("stored scores") and hop[0][:12] in one for one in store.bad(alert))


def test_a_changed_text_and_a_lost_article_are_both_told(store: Copy) -> None:
    alert = store.alert("share")
    first, second = (one["id"] for one in pack_of(store, alert)["articles"][:2])
    store.do("UPDATE articles SET body = 'other' WHERE id = :id", id=first)
    store.do("DELETE FROM articles WHERE id = :id", id=second)
    passed, told = store.verify(alert)
    assert not passed
    assert f"have another text than was scored: {first}" in told
    assert f"are not in this store: {second}" in told


def test_a_lost_line_and_a_turned_around_life_are_found(store: Copy) -> None:
    alert = store.alert("share")
    store.do("DELETE FROM alert_lines WHERE id = :id AND state = 'resolved'", id=alert)
    found = store.bad(alert)
    assert any(one.startswith("lines lost: the audit log has 1 more: resolved at") for one in found)
    assert any("state: the last line says firing, its row resolved" in one for one in found)


def test_a_set_that_reads_otherwise_as_a_whole_still_shows_its_rule(store: Copy) -> None:
    """What is compared is the rule: a new release's defaults elsewhere in the file decided nothing."""
    alert = store.alert("share")
    other = HELD + "notify: {most_per_hour: 7}\n"
    store.do("UPDATE rule_sets SET source = :source", source=other)
    passed, told = store.verify(alert)
    assert passed and "ok   stored rules: set" in told
    store.do(
        "UPDATE rule_sets SET source = :source", source=other.replace("threshold: 2.0", "threshold: 2.5")
    )
    passed, told = store.verify(alert)
    assert passed and "  ?  stored rules: this version of newsquake reads set" in told
    about = other.replace("- name: share", "- name: share\n    about: other words")
    store.do("UPDATE rule_sets SET source = :source", source=about)
    assert any(one.startswith("stored rules: about") for one in store.bad(alert))


def test_a_rule_whose_statistic_is_computed_otherwise_now_is_still_the_stored_one(
    store: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert, kind = store.alert("share"), KINDS["negative_share"]
    monkeypatch.setitem(KINDS, "negative_share", dataclasses.replace(kind, statistic=kind.statistic + 1))
    passed, told = store.verify(alert)
    assert passed and "ok   stored rules: set" in told
    assert "  ?  detector's verdict: decided by statistic" in told


def test_an_alert_that_ended_under_another_lateness_is_right(store: Copy) -> None:
    alert = store.alert("fixed")
    query = f"SELECT line, evidence FROM alert_lines WHERE id = '{alert}' AND state = 'resolved'"
    ((line, held),) = store.ask(query)
    pack, later = schema.load(held), 3 * MINUTE
    decided = iso(pack.window["end"] + later)
    made = replace(pack, line=replace(pack.line, decided_at=decided), lateness_ms=later)
    made = replace(made, hash=schema.hash_of(made))
    store.do(
        "UPDATE alert_lines SET evidence = :pack, line = :line, decided_at = :at WHERE id = :id AND state = 'resolved'",
        pack=msgspec.json.encode(made), line=json.dumps({**json.loads(line), "decided_at": decided}), id=alert,
        at=pack.window["end"] + later,
    )  # fmt: skip
    store.do("DELETE FROM audit WHERE subject = :id", id=alert)
    assert store.bad(alert) == []
    store.do("UPDATE alerts SET fired_at = fired_at + 1 WHERE id = :id", id=alert)
    assert any(one.startswith("stored alert: fired_at") for one in store.bad(alert))


def test_an_end_without_a_pack_is_right_under_any_lateness(store: Copy) -> None:
    """As a desk ends an alert whose rule is gone, started with another lateness than the alert's packs tell of."""
    alert = store.alert("fixed")
    query = f"SELECT line, decided_at FROM alert_lines WHERE id = '{alert}' AND state = 'resolved'"
    ((line, at),) = store.ask(query)
    store.do(
        "UPDATE alert_lines SET evidence = :pack, line = :line, decided_at = :at WHERE id = :id AND state = 'resolved'",
        pack=b"", line=json.dumps({**json.loads(line), "decided_at": iso(at + 3 * MINUTE)}), id=alert,
        at=at + 3 * MINUTE,
    )  # fmt: skip
    store.do("DELETE FROM audit WHERE subject = :id AND action = 'alert.resolved'", id=alert)
    passed, told = store.verify(alert)
    assert passed and "  ?  evidence pack: none is kept of this change" in told
    assert "  ?  audit log: it has no such change of this alert" in told
    store.do("UPDATE alerts SET resolved_at = resolved_at + :far WHERE id = :id", far=DAY, id=alert)
    assert any(one.startswith("stored alert: resolved_at") for one in store.bad(alert))


@pytest.mark.parametrize("state", ["pending", "firing", "resolved"])
def test_a_pack_that_was_taken_away_or_spoilt_is_found(store: Copy, state: str) -> None:
    alert, there = store.alert("share"), f"id = :id AND state = '{state}'"
    assert store.ask(f"SELECT 1 FROM alert_lines WHERE {there.replace(':id', repr(alert))}")
    store.do(f"UPDATE alert_lines SET evidence = :pack WHERE {there}", pack=b'{"schema": 1}', id=alert)
    assert any("not an evidence pack" in one for one in store.bad(alert))
    store.do(f"UPDATE alert_lines SET evidence = :pack WHERE {there}", pack=b"", id=alert)
    assert any(one.startswith("evidence pack:") and "the store" in one for one in store.bad(alert))
    if state != "pending":  # of which the log tells nothing
        store.do(
            f"UPDATE alert_lines SET line = replace(line, '\"stories\":', '\"stories\":1') WHERE {there}",
            id=alert,
        )
        assert any(one.startswith("audit log: stories: the stored line says") for one in store.bad(alert))
    store.do("UPDATE alert_lines SET evidence = :pack WHERE id = :id", pack=b"", id=alert)
    assert store.bad(alert)


def test_a_fit_that_is_gone_is_said_to_be_gone(store: Copy) -> None:
    alert = store.alert("many")
    _, held = first(store, alert)
    pack = schema.load(held)
    assert pack.fit
    made = replace(pack, fit=json.dumps({**json.loads(pack.fit), "made_at": START}))
    store.do(
        f"UPDATE alert_lines SET evidence = :pack WHERE {FIRST}", pack=msgspec.json.encode(made), id=alert
    )
    _, told = store.verify(alert)
    assert f"  ?  stored fit: the one made at {iso(START)} is not in this store" in told


def test_another_rule_set_and_another_fit_are_found(store: Copy) -> None:
    alert = store.alert("many")
    pack = pack_of(store, alert)
    fit = json.dumps({**json.loads(pack["fit"]), "weeks": 9.0})
    store.do(
        "INSERT INTO fits (desk, rule, in_force_from, version, fit) VALUES ('main', :rule, 0, 'v', :fit)",
        rule=f"many@{pack['line']['rule_version']}", fit=fit,
    )  # fmt: skip
    assert any(one.startswith("stored fit: weeks: the pack says") for one in store.bad(alert))


def test_the_fit_of_weeks_ago_is_still_known_when_a_batch_is_written() -> None:
    (runner,) = runners_of(parse_rules(FITTED, "rules.yaml"), MINUTE)
    first = runner.threshold.fit(START)
    for week in range(4):
        runner.threshold.observe_again(START + week * WEEK, "topic:energy", 1.0 + week)
        assert runner.threshold.refit(START + (week + 1) * WEEK, (), ()) is not None
    assert runner.threshold.fit(START) is first and runner.threshold.fit(
        START + WEEK + DAY
    ) is not runner.threshold.fit(START + 2 * WEEK + DAY)


def test_a_pack_that_lost_its_fit_is_held_against_the_stores(store: Copy) -> None:
    alert = store.alert("many")
    pack = schema.load(first(store, alert)[1])
    lost = replace(pack, fit="", hop_articles=msgspec.UNSET)  # as an earlier release wrote it
    store.do(
        f"UPDATE alert_lines SET evidence = :pack WHERE {FIRST}", id=alert,
        pack=msgspec.json.encode(replace(lost, hash=schema.hash_of(lost))),
    )  # fmt: skip
    insert = (
        "INSERT INTO fits (desk, rule, in_force_from, version, fit) VALUES ('main', :rule, :at, 'v', :fit)"
    )
    rule = f"many@{pack.line.rule_version}"
    store.do(insert, rule=rule, at=0, fit=pack.fit)
    told = store.verify(alert)[1]
    assert "  ?  threshold: the pack holds no fit" in told and "has the pack's threshold" in told
    store.do(insert, rule=rule, at=1, fit=json.dumps({**json.loads(pack.fit), "threshold": 99.0}))
    assert any(one.startswith("stored fit: threshold: the pack says") for one in store.bad(alert))


def test_a_packs_words_drive_no_terminal_and_write_no_line(
    store: Copy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = schema.load(first(store, store.alert("share"))[1])
    file = tmp_path / "pack.json"
    evil = "x\x1b]0;owned\x07\x1b[2J\x9b2J\nok   all checks agree"
    pack = replace(pack, line=replace(pack.line, rule=evil), model_versions=[evil])
    file.write_bytes(msgspec.json.encode(pack))
    capsys.readouterr()
    with pytest.raises(NewsquakeError, match="figures differ"):
        cli_evidence.check(str(file))
    told = capsys.readouterr().out
    assert "owned" in told and all(char.isprintable() or char == "\n" for char in told)
    assert not any(line.startswith("ok   all checks") for line in told.splitlines())
    with pytest.raises(NewsquakeError, match="figures differ"):
        cli_evidence.check(str(file), json=True)
    told = capsys.readouterr().out
    assert all(char.isprintable() or char == "\n" for char in told) and "\\u009b2J" in told
    assert any("\x9b2J" in one["detail"] for one in json.loads(told)[0])


def test_a_kept_packs_words_drive_no_terminal_and_read_the_same(
    store: Copy, capsys: pytest.CaptureFixture[str]
) -> None:
    alert = store.alert("share")
    kept = pack_of(store, alert)
    kept["model_versions"] = ["\x80\x9b2J\x7f\u202e\U000e0001 中文\u3000é"]
    store.do(
        "UPDATE alert_lines SET evidence = :pack WHERE id = :id",
        id=alert,
        pack=json.dumps(kept, ensure_ascii=False).encode(),
    )
    capsys.readouterr()
    cli_evidence.show(alert, store=store.url)
    told = capsys.readouterr().out
    assert all(char.isprintable() or char == "\n" for char in told) and "中文" in told
    assert json.loads(told) == kept


def pack_of(store: Copy, alert: str) -> dict:
    return json.loads(first(store, alert)[1])


def first(store: Copy, alert: str) -> tuple[str, bytes]:
    """Line and pack of its first firing."""
    ((line, pack),) = store.ask(
        f"SELECT line, evidence FROM alert_lines WHERE {FIRST.replace(':id', repr(alert))}"
    )
    return line, pack
