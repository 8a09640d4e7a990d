"""Kill anything, anywhere: every stage is a process of its own, killed at every crash point and at random moments.

Afterwards the store holds what an undisturbed run leaves: no article lost, no count doubled, no alert lost or doubled.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from core import tables
from core.runtime import crash
from core.settings import StoreSettings
from core.store import open_store
from newsquake.broker import EmbeddedBroker
from tests.support.brokers import wipe
from tests.support.house import House, Left
from tests.support.smtp import SmtpServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

POINTS = {
    "ingest": ("after_hand_over", "before_cursor", "after_cursor"),
    "classifier": (
        "after_poll",
        "after_score",
        "after_produce",
        "before_offset_commit",
        "after_offset_commit",
    ),
    "alerts": ("before_store_commit", "after_store_commit"),
    "delivery": ("after_send", "before_mark_sent"),
}


IN_EIGHTEEN_SECONDS = str(1.5 * 7 * 86_400 / 18)
"""Replay speed of the ten days of news: as fast as it goes would be over before the second kill on a fast machine."""


@pytest.fixture(scope="session")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten days of simulated news with its first incidents."""
    folder = tmp_path_factory.mktemp("news")
    command = [sys.executable, "-m", "newsquake", "simulate", "--out", str(folder)]
    command += ["--articles", "1500", "--weeks", "1.5", "--seed", "11"]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "articles.jsonl"


@pytest.fixture(scope="session")
def undisturbed(news: Path, tmp_path_factory: pytest.TempPathFactory) -> Left:
    """What a run leaves that nobody killed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    broker = EmbeddedBroker()
    broker.start()
    try:
        found = House(folder, news, broker.address, f"sqlite:///{folder / 'store.db'}").run()
    finally:
        broker.stop()
    check_sums(found)
    assert found.alert_lines, "the simulated incidents raise no alert: nothing to compare"
    return found


def check_sums(found: Left) -> None:
    numbers = found.numbers
    assert numbers["read"] == numbers["stored"] + numbers["dead"] + numbers["duplicates"]
    assert len(found.seen) == numbers["stored"]
    assert {fate for *_, fate in found.seen} <= {"counted", "revision", "late"}


def same(found: Left, undisturbed: Left) -> None:
    check_sums(found)
    assert found.numbers == undisturbed.numbers
    assert found.seen == undisturbed.seen
    assert found.panes == undisturbed.panes
    assert found.corrections == undisturbed.corrections
    assert found.alert_lines == undisturbed.alert_lines


class Kills:
    """kill -9 of one stage after another at random moments, from the desk's first closed pane on."""

    def __init__(self, seed: int, most: int = 6) -> None:
        self._draw, self._most = random.Random(seed), most
        self._next_at = 0.0
        self.done = 0

    def __call__(self, house: House) -> None:
        if self.done >= self._most or time.monotonic() < self._next_at or not (self.done or house.moved()):
            return
        self.done += house.kill(self._draw.choice(["ingest", "classifier", "alerts"]))
        self._next_at = time.monotonic() + self._draw.uniform(0.5, 3)


def test_every_crash_point_has_its_stage() -> None:
    assert {point for points in POINTS.values() for point in points} == set(crash.POINTS)


@pytest.mark.parametrize(
    "stage, point",
    [(stage, point) for stage in ("ingest", "classifier", "alerts") for point in POINTS[stage]],
)
def test_killed_at_a_crash_point_it_goes_on_as_if_nothing_had_been(
    stage: str, point: str, news: Path, undisturbed: Left, tansu: EmbeddedBroker, tmp_path: Path
) -> None:
    house = House(
        tmp_path,
        news,
        tansu.address,
        f"sqlite:///{tmp_path / 'store.db'}",
        crash={stage: f"{point}:{1 if stage == 'ingest' else 2}"},
    )
    found = house.run()
    assert house.deaths.get(stage, 0) == 1, "it never got there"
    same(found, undisturbed)


@pytest.mark.parametrize(
    "seed", [1, pytest.param(2, marks=pytest.mark.long), pytest.param(4, marks=pytest.mark.long)]
)
def test_killed_at_random_moments_again_and_again(
    seed: int, broker_address: str, news: Path, undisturbed: Left, tmp_path: Path
) -> None:
    house = House(
        tmp_path, news, broker_address, f"sqlite:///{tmp_path / 'store.db'}", speed=IN_EIGHTEEN_SECONDS
    )
    kills = Kills(seed)
    found = house.run(meanwhile=kills)
    assert kills.done >= 4
    same(found, undisturbed)


@pytest.mark.kafka
@pytest.mark.postgres
@pytest.mark.long
def test_killed_at_random_moments_over_kafka_and_postgresql(
    kafka: str, postgres: str, news: Path, undisturbed: Left, tmp_path: Path
) -> None:
    house = House(tmp_path, news, kafka, postgres, durable=True, speed=IN_EIGHTEEN_SECONDS)
    kills = Kills(3)
    found = house.run(meanwhile=kills)
    assert kills.done >= 4
    same(found, undisturbed)
    wipe(kafka)


@pytest.mark.parametrize("point", POINTS["delivery"])
def test_delivery_killed_around_sending_tells_everything_and_repeats_only_what_receivers_can_drop(
    point: str, news: Path, undisturbed: Left, tansu: EmbeddedBroker, smtp: SmtpServer, tmp_path: Path
) -> None:
    config = tmp_path / "newsquake.yaml"
    config.write_text(
        "delivery:\n  mail:\n"
        f"    - {{host: 127.0.0.1, port: {smtp.port}, tls: none, sender: n@example.org, recipients: [d@example.org]}}\n"
    )
    url = f"sqlite:///{tmp_path / 'store.db'}"
    house = House(
        tmp_path, news, tansu.address, url, crash={"delivery": point}, notify=True, config=config
    )  # fmt: skip
    found = house.run()
    assert house.deaths.get("delivery", 0) == 1
    assert found.alert_lines == undisturbed.alert_lines
    store = open_store(StoreSettings(url=url))
    with store.read() as connection:
        rows = connection.execute(select(tables.outbox.c.id, tables.outbox.c.status)).all()
    store.close()
    sent = [row.id for row in rows if row.status == "sent"]
    assert sent
    assert {row.status for row in rows} <= {"sent", "withheld", "expired"}
    ids = Counter(mail["Message-ID"] for mail in smtp.mails())
    assert len(ids) == len(sent)
    assert ids.total() <= len(sent) + 8  # those in hand when it was killed, with the ids they had before


def test_a_stand_by_takes_the_desk_over_when_its_holder_is_killed(
    news: Path, undisturbed: Left, tansu: EmbeddedBroker, tmp_path: Path
) -> None:
    house = House(
        tmp_path, news, tansu.address, f"sqlite:///{tmp_path / 'store.db'}", speed=IN_EIGHTEEN_SECONDS
    )
    standby: list[subprocess.Popen[bytes]] = []

    def meanwhile(house: House) -> None:
        if "killed" in house.deaths or not house.moved():
            return
        if not standby:
            environment = {
                **os.environ,
                "NEWSQUAKE_BROKER__ADDRESS": house.broker,
                "NEWSQUAKE_BROKER__DURABLE": "false",
                "NEWSQUAKE_STORE__URL": house.store,
                "NEWSQUAKE_ALERTS__LEASE_TIMEOUT": "2s",
            }
            command = [sys.executable, "-m", "newsquake", "alert-worker", "--no-notify"]
            with (tmp_path / "standby.log").open("ab") as log:
                standby.append(
                    subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
                )
        elif house.stands_by():
            house.deaths["killed"] = 1
            house.processes.pop("alerts").kill()  # for good: nobody starts it again

    try:
        same(house.run(meanwhile=meanwhile), undisturbed)
        assert house.deaths.get("killed")
    finally:
        for process in standby:
            process.terminate()
            process.wait(20)
