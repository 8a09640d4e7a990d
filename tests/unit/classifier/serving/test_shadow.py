"""A challenger in shadow: what is compared, what is kept, and that nothing of it reaches the champion's readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import select

from classifier.records import Score, Text
from classifier.scoring.score_cache import ScoreCache
from classifier.serving.classify import Classify
from classifier.serving.shadow import FAULTS_IN_A_ROW, Shadow, chosen, furthest, summary
from classifier.serving.worker import Worker
from classifier.taxonomy import TOPIC_NAMES
from core.bus.base import RAW, SCORED
from core.bus.memory import MemoryBus
from core.records import ScoredArticle, decode, encode, schema_of
from core.stage import Stage
from core.store import Store
from core.tables import shadow_scores
from tests.support.records import article, scored


class Model:
    """Says the same of every text, or fails."""

    def __init__(self, version: str, p: tuple[int, int, int], fault: Exception | None = None) -> None:
        self.model_version, self._p, self.fault, self.asked = version, p, fault, 0

    def score(self, texts: Sequence[Text], progress: Callable[[int], None] | None = None) -> list[Score]:
        self.asked += len(texts)
        if self.fault:
            raise self.fault
        topics = dict.fromkeys(TOPIC_NAMES, 0) | {"earnings": 9_000}
        return [
            Score(*self._p, False, topics, (), "00" * 16, "en", "news", self.model_version) for _ in texts
        ]


CHAMPION = (1_000, 8_000, 1_000)


def rows(store: Store) -> list[dict[str, object]]:
    with store.read() as connection:
        return [dict(r._mapping) for r in connection.execute(select(shadow_scores))]


def test_a_share_chooses_the_same_texts_every_time_and_about_as_many_as_it_says() -> None:
    keys = [f"{i * 2654435761 % 2**32:08x}{'0' * 56}" for i in range(4_000)]
    first = [chosen(k, 0.25) for k in keys]
    assert first == [chosen(k, 0.25) for k in keys]
    assert 0.2 < sum(first) / len(keys) < 0.3
    assert all(
        chosen(k, 0.5) for k, yes in zip(keys, first, strict=True) if yes
    )  # a larger share holds the smaller


def test_what_both_said_is_kept_once_a_text(store: Store) -> None:
    shadow = Shadow(Model("nq1-new", (7_000, 2_000, 1_000)), store, share=1.0)
    several = [scored(i, topics={"earnings": 9_000, "energy": 6_000}) for i in range(3)]
    assert shadow.compare(several, at=5) == 3
    shadow.compare(several, at=6)  # the worker was killed before its commit and reads them again
    kept = rows(store)
    assert len(kept) == 3
    assert {(r["champion"], r["challenger"], r["at"]) for r in kept} == {("test/1", "nq1-new", 5)}
    assert {(r["sentiment"], r["other_sentiment"], r["distance"], r["topics_changed"]) for r in kept} == {
        ("neutral", "negative", 6_000, 1)
    }
    (total,) = summary(store)
    assert (total["texts"], total["same"], total["topics_changed"]) == (3, 0, 3)
    assert [one["distance"] for one in furthest(store, "nq1-new", 2)] == [6_000, 6_000]


@pytest.mark.parametrize("fault", [RuntimeError("broken"), MemoryError(), ValueError("x"), KeyError("y")])
def test_an_ill_challenger_is_counted_and_then_left_alone(sqlite_store: Store, fault: Exception) -> None:
    model = Model("nq1-ill", CHAMPION, fault)
    shadow = Shadow(model, sqlite_store, share=1.0)
    for at in range(FAULTS_IN_A_ROW + 3):
        assert shadow.compare([scored(at)], at=at) == 0
    assert not shadow.on
    assert model.asked == FAULTS_IN_A_ROW
    assert rows(sqlite_store) == []


def test_one_fault_among_many_does_not_end_it(sqlite_store: Store) -> None:
    model = Model("nq1-odd", CHAMPION)
    shadow = Shadow(model, sqlite_store, share=1.0)
    for at in range(3 * FAULTS_IN_A_ROW):
        model.fault = RuntimeError("now and then") if at % 2 else None
        shadow.compare([scored(at)], at=at)
    assert shadow.on


@pytest.mark.parametrize("fault", [None, RuntimeError("the challenger is broken")])
def test_the_worker_sends_on_only_what_the_champion_said(
    sqlite_store: Store, fault: Exception | None
) -> None:
    bus = MemoryBus()
    bus.ensure_topics(1)
    producer = bus.producer()
    sent = [article(i) for i in range(20)]
    for one in sent:
        producer.send_bytes(RAW, encode(one), schema=schema_of(one), key=one.id, partition=0)
    producer.flush()
    stage = Stage("classifier", sqlite_store)
    challenger = Model("nq1-new", (9_000, 500, 500), fault)
    shadow = Shadow(challenger, sqlite_store, share=1.0)
    compare = shadow.compare

    def then_stop(several: Sequence[ScoredArticle], at: int) -> int:
        done = compare(several, at)
        stage.stop()
        return done

    shadow.compare = then_stop  # type: ignore[method-assign]
    classify = Classify(Model("nq1-old", CHAMPION), ScoreCache(None, "nq1-old"))
    Worker(bus, sqlite_store, stage, classify, partitions=[0], shadow=shadow).run()
    consumer = bus.consumer(SCORED, group="t", partitions=[0])
    got = [decode(r.value, r.schema) for r in consumer.poll(0.5, 100)]
    assert [s.article.id for s in got if isinstance(s, ScoredArticle)] == [a.id for a in sent]
    assert {s.model_version for s in got if isinstance(s, ScoredArticle)} == {"nq1-old"}
    assert challenger.asked == 20
    assert len(rows(sqlite_store)) == (0 if fault else 20)
