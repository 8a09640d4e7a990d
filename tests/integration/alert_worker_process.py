"""For tests: the alert worker over a log that is the same each time it starts. Arguments: store, topic id, step."""

from __future__ import annotations

import random
import sys
import threading
import time

from alerts.storage.worker import run
from alerts.testing import START, rule_set, scored, share_runners
from core.bus.base import SCORED
from core.bus.memory import MemoryBus
from core.ids import partition_of
from core.records import Marker
from core.settings import Settings, StoreSettings
from core.stage import Stage
from core.store import open_store
from core.times import DAY, SECOND

PARTITIONS = 3
END = START + 2 * DAY
NUMBER = 400


def fill(bus: MemoryBus) -> None:
    """A log of articles, repeats, revisions and markers."""
    rng = random.Random(5)
    producer = bus.producer()
    at = START
    for number in range(NUMBER):
        at += rng.choice([1, 5, 20, 400]) * SECOND
        one = scored(
            number,
            at,
            negative=rng.choice([500, 9_000, 9_500]),
            entities=[f"US:T{rng.randrange(4)}"],
            publisher=f"p{rng.randrange(5)}",
        )
        again = [scored(number, at, revision="2")] if rng.random() < 0.05 else []
        for record in [one, *([one] if rng.random() < 0.1 else []), *again]:
            name = record.article.id
            producer.send(SCORED, record, key=name, partition=partition_of(name, PARTITIONS))
        if number % 10 == 0:
            for partition in range(PARTITIONS):
                producer.send(SCORED, Marker(writer="w", t=at), key="", partition=partition)
    for partition in range(PARTITIONS):
        producer.send(SCORED, Marker(writer="w", t=END, end=True), key="", partition=partition)
    producer.flush()


def main(store_file: str, topic_id: str, step: int) -> None:
    """Work until the watermark has passed the end; `step` records a poll, so that there are many transactions."""
    from alerts.storage import session

    session.POLL_RECORDS = step
    bus = MemoryBus()
    bus.ensure_topics(PARTITIONS)
    bus.ids[SCORED] = topic_id
    fill(bus)
    store = open_store(StoreSettings(url=f"sqlite:///{store_file}"))
    stage = Stage("alerts", store)
    settings = Settings().model_copy(
        update={"alerts": Settings().alerts.model_copy(update={"lease_timeout": 500})}
    )

    def watch() -> None:
        while stage.gauges.get("watermark", 0) < END - 60_000:
            time.sleep(0.02)
        stage.stop()

    threading.Thread(target=watch, daemon=True).start()
    run(settings, bus, store, stage, notify=False, rules=rule_set(), make_runners=share_runners)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
