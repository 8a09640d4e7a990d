"""Figures of sets and probes outside the usual evaluation."""

from pathlib import Path

import numpy as np

from classifier.data.corpus import Example
from classifier.evaluation import off_corpus, polarity
from classifier.evaluation.own_sets import EvaluationText
from classifier.records import Text
from classifier.scoring.engine import Engine


def test_three_way() -> None:
    shares = np.array([[0.6, 0.3, 0.1], [0.3, 0.5, 0.2], [0.1, 0.2, 0.7], [0.5, 0.2, 0.3]])
    found = off_corpus.three_way([0, 0, 2, 2], shares)
    assert found["accuracy"] == 0.5
    assert found["polar"] == 0.75
    assert (found["recall_negative"], found["recall_positive"]) == (0.5, 0.5)
    assert "recall_neutral" not in found


def test_agreement_of_article_and_company(tiny_weights: Path) -> None:
    engine = Engine.load(tiny_weights)
    text, id_ = "Apple shares rally", "US:AAPL"
    one = EvaluationText("1", text, "en", "all", companies={id_: ("positive",)})
    score = engine.score([Text(text)])[0]
    found = off_corpus.agreement(
        engine, [one, EvaluationText("2", text, "en", "all", companies={"US:X": ("neutral",)})]
    )
    assert found == {"rows": 1, "agree": float(polarity.told(score.mentions[0]) == score.sentiment)}
    assert off_corpus.agreement(engine, []) == {"rows": 0}


def test_later_sets_by_article_and_mention(tiny_weights: Path) -> None:
    texts = [("Apple shares fall", 0), ("Apple profit", 2), ("Apple holds", 1)]
    rows = [Example("semeval17", text, 0, "en", label, spans=[(0, 5, label)]) for text, label in texts]
    found = off_corpus.later(Engine.load(tiny_weights), rows)
    assert (found["semeval17"]["rows"], found["semeval17, entities"]["rows"]) == (3, 3)
    assert off_corpus.table(found).count("\n") == 4
