"""The engine's contract: what a score depends on, and what it never does."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from classifier.records import UNIT_SCALE, Score, Text
from classifier.scoring.engine import Engine
from classifier.taxonomy import TOPIC_NAMES

TEXTS = [
    Text("Apple shares fall after iPhone sales miss"),
    Text("Target raises guidance"),
    Text("Fed holds rates", "Stocks rally on the news. " * 30),
    Text("Goldman Sachs: profit up 5 %", "the loss of the bank " * 400),
    Text("stocks"),
]
ODD = [
    Text(""),
    Text("   ", "\n\n"),
    Text("\x00\x07\x1b"),
    Text("📈🚀🚀"),
    Text("apple", "loss. " * 17_000),
    Text("\ud83d"),
    Text("a" * 5_000),
    Text("贵州茅台：净利润增长", "。" * 3_000),
]


@pytest.fixture(scope="module", params=["openvino", "onnx", "exact"])
def engine(request: pytest.FixtureRequest, tiny_weights: Path) -> Engine:
    if request.param == "openvino":
        pytest.importorskip("openvino", reason="OpenVINO is not installed")
    return Engine.load(tiny_weights, device=request.param, threads=1)


def numbers(score: Score) -> np.ndarray:
    return (
        np.array([score.p_negative, score.p_neutral, score.p_positive, *score.topics.values()]) / UNIT_SCALE
    )


def test_a_text_alone_padded_and_among_others_scores_the_same(engine: Engine) -> None:
    # 1e-3 in fp32; the int8 scales are static, so the same bound holds there (stated effect: none).
    together = engine.score(TEXTS * 2 + ODD)
    for text, score in zip(TEXTS, together, strict=False):
        alone = engine.score([text])[0]
        assert np.abs(numbers(alone) - numbers(score)).max() <= 1e-3
        assert alone.signature == score.signature
        for a, b in zip(alone.mentions, score.mentions, strict=True):
            assert a.entity == b.entity
            assert abs(a.p_negative - b.p_negative) <= 10


def test_order_and_count_are_kept(engine: Engine) -> None:
    texts = [*TEXTS, *reversed(TEXTS), *ODD]
    scores = engine.score(texts)
    assert len(scores) == len(texts)
    assert scores[: len(TEXTS)] == list(reversed(scores[len(TEXTS) : 2 * len(TEXTS)]))
    assert engine.score([]) == []


def test_probabilities_sum_to_exactly_one_and_every_topic_is_there(engine: Engine) -> None:
    for score in engine.score(TEXTS + ODD):
        assert score.p_negative + score.p_neutral + score.p_positive == UNIT_SCALE
        assert tuple(score.topics) == TOPIC_NAMES
        assert all(0 <= p <= UNIT_SCALE for p in score.topics.values())
        assert len(bytes.fromhex(score.signature)) == 16
        for mention in score.mentions:
            assert mention.p_negative + mention.p_neutral + mention.p_positive == UNIT_SCALE
            assert 0 <= mention.relevance <= UNIT_SCALE


def test_identical_texts_are_encoded_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[int] = []
    stream = engine.encoder.stream

    def counting(batches: Iterable[tuple[np.ndarray, np.ndarray]]) -> Iterator[np.ndarray]:
        taken = list(batches)
        rows.extend(len(ids) for ids, _ in taken)
        return stream(taken)

    monkeypatch.setattr(engine.encoder, "stream", counting)
    scores = engine.score([TEXTS[0]] * 50)
    assert sum(rows) == 1
    assert len(set(map(id, scores))) == 1


def test_progress_counts_every_text_once(engine: Engine) -> None:
    told: list[int] = []
    engine.score([*TEXTS, *TEXTS, *ODD], told.append)
    assert sum(told) == 2 * len(TEXTS) + len(ODD)


def test_a_told_register_and_language_are_kept(engine: Engine) -> None:
    score = engine.score([Text("Apple shares fall", language="en", register="forum")])[0]
    assert (score.language, score.register) == ("en", "forum")


def test_companies_are_found_with_their_own_sentiment(engine: Engine) -> None:
    score = engine.score([Text("Apple shares fall after iPhone sales miss, Goldman Sachs up 5 %")])[0]
    assert {m.entity for m in score.mentions} == {"US:AAPL", "US:GS"}
    assert not any(m.abstained for m in score.mentions)


def test_a_company_outside_the_chunks_abstains(engine: Engine) -> None:
    body = "the loss of the bank. " * 300 + "Goldman Sachs said so in a note to clients."
    score = engine.score([Text("stocks fall", body)])[0]
    (mention,) = [m for m in score.mentions if m.entity == "US:GS"]
    assert mention.abstained


def test_the_version_stands_on_every_score(engine: Engine) -> None:
    assert {s.model_version for s in engine.score(TEXTS)} == {engine.model_version}
