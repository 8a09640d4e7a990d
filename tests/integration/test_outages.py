"""A source falls silent, or its bodies vanish: people hear of it as an outage, once, when its rhythm says so.

Ingest's own watcher makes the Health records; bus, worker and store are those of a run; both stores.
"""

from __future__ import annotations

import threading
import time
from functools import cache
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import select

from alerts.delivery.channels.contract import Message
from alerts.delivery.channels.mail.render import render
from alerts.delivery.content import of
from alerts.delivery.context import NotificationContext
from alerts.engine.assembly import runners_of
from alerts.engine.desk import Desk
from alerts.engine.watermark import Watermark
from alerts.evidence import schema
from alerts.evidence.verify.derivation import verify_pack
from alerts.interfaces import listing
from alerts.interfaces.export import alert_lines
from alerts.rules.loading import load_rules, parse_rules
from alerts.storage import session
from alerts.storage.worker import run
from alerts.testing import lines, scored
from backtest import history
from backtest.run import run as backtest
from core import tables
from core.bus.base import SCORED
from core.bus.memory import MemoryBus
from core.errors import StoreUnavailable
from core.ids import partition_of
from core.records import Article, Health, Marker
from core.settings import Settings
from core.stage import Stage
from core.times import HOUR, MINUTE, from_ms, parse_iso
from ingest.live.cursor import Cursor
from ingest.live.monitor import SourceMonitor
from ingest.sources.feed.settings import FeedSettings

PARTITIONS = 3
RULES = load_rules()
NEW_YORK = ZoneInfo("America/New_York")
TAUGHT = parse_iso("2024-05-27T00:00:00Z")
BEGIN = parse_iso("2024-07-02T00:00:00Z")
CLOSE = parse_iso("2024-07-03T21:00:00Z")
"""17:00 in New York on the eve of a holiday (a Thursday): from then on `fed` says nothing."""
AGAIN = parse_iso("2024-07-08T15:00:00Z")
"""A Monday."""
BARE, MENDED = parse_iso("2024-07-02T14:00:00Z"), parse_iso("2024-07-03T14:00:00Z")
END = parse_iso("2024-07-09T00:00:00Z")
STEP = 10 * MINUTE


def office(at: int) -> bool:
    local = from_ms(at).astimezone(NEW_YORK)
    return local.weekday() < 5 and 9 <= local.hour < 17 and local.date().isoformat() != "2024-07-04"


def article(name: str, at: int, body: str = "text") -> Article:
    return Article(
        id=f"{name}-{at}", revision="1", origin=f"f:{name}:{at}", source=name, title="t", body=body,
        published_at=at, first_seen_at=at, available_at=at,
    )  # fmt: skip


@cache
def said(fed_goes_on: bool = False) -> tuple[Health, ...]:
    """A week of Health records of two sources, by ingest's own watcher, which has watched both for five weeks."""
    specs = [
        FeedSettings(
            name=name, kind="feed", url="http://x.org/", timezone="America/New_York", calendar="XNYS"
        )
        for name in ("fed", "wires")
    ]
    watcher, cursors = SourceMonitor(specs), {spec.name: Cursor(spec.name) for spec in specs}
    found: list[Health] = []
    for at in range(TAUGHT, END, STEP):
        for name, cursor in cursors.items():
            quiet = name == "fed" and CLOSE <= at < AGAIN and not fed_goes_on
            bare = name == "wires" and BARE <= at < MENDED
            news = [article(name, at, "" if bare else "text")] if office(at) and not quiet else []
            watcher.note_poll(cursor, at, news, (), False)
        if at >= BEGIN:
            found += watcher.due(at, cursors)
    return tuple(found)


def log(health: tuple[Health, ...]) -> list:
    """What stands in news.scored, in order: an article an hour, what the sources said, a marker every half hour."""
    news = [scored(number, at) for number, at in enumerate(range(BEGIN, END, HOUR))]
    marks = [Marker(writer="w", t=at) for at in range(BEGIN, END, 30 * MINUTE)]
    told = [*((one.article.available_at, 0, one) for one in news), *((one.at, 1, one) for one in health)]
    told += [(one.t, 2, one) for one in marks]
    return [record for _, _, record in sorted(told, key=lambda one: one[:2])]


def bare_desk(records: list, rules=RULES) -> bytes:
    desk = Desk(rules, runners_of(rules, MINUTE), Watermark(1, MINUTE), MINUTE)
    for record in records:
        if isinstance(record, Marker):
            desk.on_marker(0, record)
        elif isinstance(record, Health):
            desk.on_health(record)
        else:
            desk.add(record)
    while desk.advance():
        pass
    return lines([desk.effects()])


def through_the_worker(records: list, store, monkeypatch, step: int, crash_every: int = 0) -> bytes:
    """Over three partitions; `step` records a transaction; every so many transactions one fails at its commit."""
    monkeypatch.setattr(session, "POLL_RECORDS", step)
    passed = [0]

    def point(name: str) -> None:
        if name == "before_store_commit" and crash_every:
            passed[0] += 1
            if passed[0] % crash_every == 0:
                raise StoreUnavailable("as if it were killed here")

    monkeypatch.setattr(session.crash, "point", point)
    bus = MemoryBus()
    bus.ensure_topics(PARTITIONS)
    producer = bus.producer()
    for record in records:
        if isinstance(record, Marker):
            for partition in range(PARTITIONS):
                producer.send(SCORED, record, key="", partition=partition)
            continue
        name = record.source if isinstance(record, Health) else record.article.id
        for _ in range(1 + (hash(name) % 5 == 0)):  # some come twice
            producer.send(SCORED, record, key=name, partition=partition_of(name, PARTITIONS))
    producer.flush()
    stage, failures = Stage("alerts", store), []
    stage.wait = lambda seconds: None  # a restart waits for nobody here

    def body() -> None:
        try:
            run(Settings(), bus, store, stage, notify=False, rules=RULES)
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    size, deadline = sum(len(one) for one in bus.logs[SCORED]), time.monotonic() + 120
    while thread.is_alive() and time.monotonic() < deadline:
        if sum(bus.offsets.get(("desk-main", SCORED, n), 0) for n in range(PARTITIONS)) == size:
            break
        time.sleep(0.02)
    stage.stop()
    thread.join(60)
    assert not failures and not thread.is_alive()
    assert not crash_every or passed[0] >= crash_every
    return b"".join(alert_lines(store, "main"))


def decoded(text: bytes, rule: str) -> list[dict]:
    return [one for line in text.splitlines() if (one := msgspec.json.decode(line))["rule"] == rule]


def test_a_holiday_is_no_outage_and_the_working_day_after_it_is() -> None:
    found = decoded(bare_desk(log(said())), "source-silent")
    assert [line["state"] for line in found] == ["pending", "firing", "resolved"]
    assert {line["series"] for line in found} == {"outage:fed"}
    at = [from_ms(parse_iso(line["decided_at"])).astimezone(NEW_YORK) for line in found]
    assert at[0].date().isoformat() == "2024-07-05" and 10 <= at[0].hour < 12
    assert parse_iso(found[1]["decided_at"]) - parse_iso(found[0]["decided_at"]) == 10 * MINUTE
    assert parse_iso(found[2]["decided_at"]) - AGAIN <= 25 * MINUTE
    assert found[1]["observed"] == 0 and found[1]["expected"] >= 7 and found[1]["p_value"] < 1e-3


def test_a_source_that_goes_on_is_no_outage() -> None:
    assert not decoded(bare_desk(log(said(fed_goes_on=True))), "source-silent")


def test_bodies_that_vanish_break_a_source_until_they_come_again() -> None:
    found = decoded(bare_desk(log(said())), "source-broken")
    assert [(line["series"], line["state"]) for line in found] == [
        ("outage:wires", "pending"), ("outage:wires", "firing"), ("outage:wires", "resolved")
    ]  # fmt: skip
    pending, firing, resolved = (parse_iso(line["decided_at"]) for line in found)
    assert BARE + HOUR <= pending <= BARE + 3 * HOUR and firing - pending == 10 * MINUTE
    assert MENDED <= resolved <= MENDED + HOUR
    assert found[1]["observed"] <= 0.2 and found[1]["expected"] > 0.9 and found[1]["article_ids"]


@pytest.mark.parametrize(("step", "crash_every"), [(7, 0), (50, 5), (3, 40)])
def test_no_batch_and_no_crash_changes_a_byte(store, monkeypatch, step, crash_every) -> None:
    records = log(said())
    want = bare_desk(records)
    assert want.count(b'"firing"') == 2
    assert through_the_worker(records, store, monkeypatch, step, crash_every) == want


def test_evidence_is_derived_again_and_a_false_figure_is_found(store, monkeypatch) -> None:
    through_the_worker(log(said()), store, monkeypatch, 500)
    with store.read() as connection:
        rows = connection.execute(select(tables.alert_lines).order_by(tables.alert_lines.c.decided_at)).all()
    packs = [schema.load(row.evidence) for row in rows]
    assert len(packs) == 6
    for pack in packs:
        assert [check for check in verify_pack(pack) if check.verdict != "agrees"] == []
    silent = next(one for one in packs if one.line.rule == "source-silent" and one.line.state == "firing")
    days = {day.day: day for day in silent.outage.days}
    assert (
        days["2024-07-04"].holiday and days["2024-07-04"].counted_as == 6 and days["2024-07-04"].expected < 1
    )
    assert not days["2024-07-05"].holiday and days["2024-07-05"].expected > 6
    assert "1 market holiday counted as Sundays" in silent.sentence["en"]
    assert "休市日" in silent.sentence["zh"]
    told = {**silent.outage.reported, "calendar": ""}
    forged = msgspec.structs.replace(
        silent, outage=msgspec.structs.replace(silent.outage, reported=told), hash=""
    )
    assert {"holidays", "expected by its rhythm"} <= {
        one.what for one in verify_pack(forged) if one.verdict == "differs"
    }


def test_lists_tell_outages_from_market_alerts(store, monkeypatch) -> None:
    through_the_worker(log(said()), store, monkeypatch, 500)
    with store.read() as connection:
        outages = listing.list_alerts(connection, "main", kind="outage")
        market = listing.list_alerts(connection, "main", kind="market")
        assert {one["series"] for one in outages} == {"outage:fed", "outage:wires"}
        assert {one["kind"] for one in outages} == {"outage"} and not market
        card = listing.show_alert(connection, "main", outages[0]["id"])
        findings = connection.execute(select(tables.findings.c.rule).distinct()).scalars().all()
    assert dict(card["facts"])["Source"] in ("fed", "wires")
    assert not {"source-silent", "source-broken"} & set(findings), "no budget ever sees an outage"


def test_a_backtest_of_the_store_decides_the_same(store, monkeypatch) -> None:
    live = through_the_worker(log(said()), store, monkeypatch, 500)
    result = backtest(
        history.of_store(store),
        RULES,
        pane_ms=MINUTE,
        lateness_ms=MINUTE,
        health=history.health_of_store(store),
    )
    assert b"".join(result.jsonl()) == live


def test_the_mail_says_outage_and_why(store, monkeypatch) -> None:
    through_the_worker(log(said()), store, monkeypatch, 500)
    with store.read() as connection:
        rows = connection.execute(
            select(tables.alert_lines).where(tables.alert_lines.c.state == "firing")
        ).all()
    for row in rows:
        pack = schema.load(row.evidence)
        mail = render(Message("id", of("main", "firing", pack.line, row.evidence), "http://desk.example"))
        assert "stories" not in mail.text and "Outage" in mail.text
        if pack.line.rule == "source-silent":
            assert mail.subject == "[medium] Source fed is silent"
            assert "Thu 07-04, a holiday: 0.0 in 24 h" in mail.text and "XNYS" in mail.text
        else:
            assert mail.subject == "[high] Source wires is broken"
            assert "without body" in mail.text.lower()


def test_no_outage_inhibits_a_market_alert_nor_the_other_way_round() -> None:
    rules = parse_rules(
        """
outages: [{name: down, kind: source_broken}]
inhibit: [{by: {series: "**"}, what: {series: "entity:*"}}, {by: {rule: "market*"}, what: {series: "**"}}]
""",
        "r",
    )

    def inhibitor(series: str, firing: str) -> str:
        around = NotificationContext.__new__(NotificationContext)
        row = SimpleNamespace(id="other", rule="market", series=firing, severity="critical")
        around.rules, around._firing = rules, [row]
        return around._inhibitor("mine", "rule", series, "high")

    assert inhibitor("entity:US:A", "all") == "other"
    assert inhibitor("entity:US:A", "outage:fed") == ""
    assert inhibitor("outage:fed", "all") == ""
