"""The linear n-gram heads: what they see, and that they are silent where there is none."""

import numpy as np
import pytest

from classifier.scoring.heads import Heads
from classifier.scoring.ngrams import SLOTS, NGrams, slots


def test_a_text_of_n_pieces_has_its_one_to_three_grams() -> None:
    assert len(slots([0, 5, 6, 7, 2])) == 3 + 2 + 1
    assert slots([0, 5, 6, 2]).tolist() != slots([0, 6, 5, 2]).tolist()
    assert slots([0, 5, 5, 5, 2]).tolist() == slots([0, 5, 5, 5, 2]).tolist()


@pytest.mark.parametrize("ids", [[0, 2], [0, 9, 2], [0, 9, 8, 2], list(range(200))])
def test_slots_are_in_range_and_distinct_for_any_length(ids: list[int]) -> None:
    found = slots(ids)
    assert len(set(found.tolist())) == len(found)
    assert len(found) == 0 or (found.min() >= 0 and found.max() < SLOTS)


def test_only_the_register_that_has_a_head_gets_logits() -> None:
    rng = np.random.default_rng(0)
    tensors = {
        "ngrams.forum.weight": rng.integers(-127, 127, (3, SLOTS)).astype(np.int8),
        "ngrams.forum.scale": np.full(3, 0.01, np.float32),
        "ngrams.forum.mix": np.array([0.5], np.float32),
    }
    ids = [[0, 5, 6, 2]] * 3
    out = NGrams(tensors).logits(ids, np.array([0, 1, 2]))
    assert (out[:2] == 0).all()
    found = slots(ids[0])
    wanted = tensors["ngrams.forum.weight"][:, found].astype(float).sum(1) * 0.01 * 0.5 / np.sqrt(len(found))
    assert np.abs(out[2] - wanted).max() < 1e-5
    assert (NGrams({}).logits(ids, np.array([0, 1, 2])) == 0).all()


def test_heads_stored_in_int8_are_the_heads_in_float() -> None:
    rng = np.random.default_rng(0)
    weight, scale = (
        rng.integers(-127, 127, (4, 4)).astype(np.int8),
        rng.uniform(0.01, 0.1, 4).astype(np.float32),
    )
    heads = Heads({"heads.topics_in.weight": weight, "heads.topics_in.scale": scale})
    assert np.allclose(heads.weights()["topics_in.weight"], weight * scale[:, None])
    assert "topics_in.scale" not in heads.weights()
