"""The shipped weights: size, version, start, and that they know what they are for."""

import json
import time

import numpy as np
import pytest

from classifier.network import packed
from classifier.network.registry import SHIPPED
from classifier.records import Text
from classifier.scoring.engine import Engine
from classifier.taxonomy import TOPIC_NAMES

pytestmark = pytest.mark.skipif(
    not (SHIPPED / packed.MODEL).exists(), reason="the shipped weights are not here (an incomplete clone?)"
)

HEADLINES = [
    ("Profit falls 40% and the company cuts its outlook", "negative", "earnings"),
    ("Company raises full-year guidance after record quarterly profit", "positive", "earnings"),
    ("公司净利润同比下降60%，预计全年亏损", "negative", "earnings"),
    ("公司上半年净利润同比增长80%", "positive", "earnings"),
    ("公司涉嫌信息披露违规被证监会立案调查", "negative", "legal_regulation"),
    ("Federal Reserve raises interest rates by half a point", None, "central_banks"),
    ("美联储宣布加息50个基点", None, "central_banks"),
    ("Oil prices rise as OPEC cuts output", None, "energy"),
    ("Board declares quarterly dividend of $0.25 per share", None, "dividends_buybacks"),
    ("Company to acquire rival in $3 billion deal", None, "mergers_acquisitions"),
    ("Euro falls to a two-year low against the dollar", None, "currencies"),
    ("Bitcoin drops below $30,000", None, "crypto"),
    ("比特币跌破3万美元", None, "crypto"),
]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load(threads=2)


def test_the_file_is_small_enough_and_its_version_is_its_content() -> None:
    assert (SHIPPED / packed.MODEL).stat().st_size <= 36_000_000
    config = json.loads((SHIPPED / packed.CONFIG).read_text(encoding="utf-8"))
    assert config["model_version"] == packed.version(SHIPPED)
    assert config["recipe"] == "bilingual"


def test_it_knows_plain_cases_in_both_languages(engine: Engine) -> None:
    scores = engine.score([Text(t) for t, _, _ in HEADLINES])
    right = [
        (sentiment is None or s.sentiment == sentiment) and s.topics[topic] >= 3_000
        for s, (_, sentiment, topic) in zip(scores, HEADLINES, strict=True)
    ]
    missed = [t for (t, _, _), ok in zip(HEADLINES, right, strict=True) if not ok]
    assert len(missed) <= 1, missed


def test_two_companies_in_one_headline_can_differ(engine: Engine) -> None:
    (score,) = engine.score([Text("Boeing shares plunge while Airbus gains on record orders")])
    by = {m.entity: m for m in score.mentions}
    assert by["US:BA"].p_negative > by["FR:AIR"].p_negative
    assert by["FR:AIR"].p_positive > by["US:BA"].p_positive


def test_int8_and_float32_agree(engine: Engine) -> None:
    exact = Engine.load(threads=2, device="exact")
    texts = [Text(t) for t, _, _ in HEADLINES]
    a = np.array([[s.p_negative, s.p_neutral, s.p_positive] for s in engine.score(texts)]) / 10_000
    b = np.array([[s.p_negative, s.p_neutral, s.p_positive] for s in exact.score(texts)]) / 10_000
    assert np.abs(a - b).mean() < 0.03


def test_a_score_does_not_depend_on_its_neighbours(engine: Engine) -> None:
    texts = [Text(t) for t, _, _ in HEADLINES]
    together = engine.score(texts + [Text("x " * 90)] * 3)
    assert [engine.score([t])[0] for t in texts] == together[: len(texts)]


def test_the_first_score_comes_within_seconds() -> None:
    began = time.perf_counter()
    Engine.load(threads=2).score([Text("Profit falls")])
    assert time.perf_counter() - began < 30  # 5 s on a quiet machine (bench/scoring.py prints it); CI is none


def test_topics_are_all_there(engine: Engine) -> None:
    (score,) = engine.score([Text("Profit falls")])
    assert tuple(score.topics) == TOPIC_NAMES
