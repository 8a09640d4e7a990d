"""The story signature's measurement: its pairs, its distance, and what the shipped weights reach."""

import pytest

from classifier.evaluation import signatures
from classifier.network.packed import MODEL
from classifier.network.registry import SHIPPED
from classifier.records import Text
from classifier.scoring.engine import Engine


def test_every_story_stands_four_times_and_pairs_are_labelled() -> None:
    texts, rows = signatures.pairs()
    assert len(texts) == len(set(texts))
    assert len(rows) == len(texts) * (len(texts) - 1) // 2
    same = [r for r in rows if r[3] == "same"]
    assert len(same) == len(texts) // 4 * 6
    assert {r[2] for r in same} == set(signatures.KINDS)


def test_a_signature_of_pure_text_identity_recalls_nothing_and_errs_never() -> None:
    import hashlib

    result = signatures.measure(lambda texts: [hashlib.md5(t.encode()).hexdigest() for t in texts])
    assert result["bits"] == 128
    assert all(b["recall"] == 0 for k, b in result["bounds"].items() if k.endswith(" 24"))


@pytest.mark.skipif(not (SHIPPED / MODEL).exists(), reason="the shipped weights are not here")
def test_shipped_signatures_hold_stories_together_in_both_languages() -> None:
    engine = Engine.load(threads=1)
    result = signatures.measure(lambda texts: [s.signature for s in engine.score([Text(t) for t in texts])])
    for kind in signatures.KINDS:
        d = result["distances"]
        assert d[f"{kind} same"]["p50"] + 10 < d[f"{kind} other"]["p50"]


def test_copies_with_small_changes_stay_within_ten_bits_mostly() -> None:
    if not (SHIPPED / MODEL).exists():
        pytest.skip("the shipped weights are not here")
    engine = Engine.load(threads=1)
    texts, _ = signatures.pairs()
    originals = engine.score([Text(t) for t in texts])
    copies = engine.score([Text(f"{t} (Reuters)" if t.isascii() else f"快讯：{t}") for t in texts])
    far = sorted(
        signatures.distance(a.signature, b.signature) for a, b in zip(originals, copies, strict=True)
    )
    assert far[len(far) // 2] <= 16
