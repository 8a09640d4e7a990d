"""A tiny random teacher: packed as the network, resumable, frozen below, its probabilities read again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed (extra train)")
pytest.importorskip("transformers", reason="transformers is not installed (extra train)")
import torch
from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel

from classifier.data.corpus import Example
from classifier.data.sampling import Item
from classifier.training import reference, teacher
from core.errors import ConfigError

SIZES: dict[str, Any] = {"vocab_size": 50, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
                         "intermediate_size": 48, "max_position_embeddings": 40, "pad_token_id": 1}  # fmt: skip


def _teacher(kind: str = "bert") -> teacher.Teacher:
    torch.manual_seed(0)
    model = BertModel(BertConfig(**SIZES)) if kind == "bert" else MPNetModel(MPNetConfig(**SIZES))
    return teacher.Teacher(model)


def _items() -> list[Item]:
    """Texts whose sentiment stands in one piece."""
    rng = np.random.default_rng(0)
    return [
        Item(Example("phrasebank", f"text {k}", 0, "en", k % 3, stratum=str(k % 3)),
             [0, *rng.integers(20, 45, 4).tolist(), 10 + k % 3, 2], [(5, 6, k % 3)])
        for k in range(60)
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["bert", "mpnet"])
def test_a_text_among_others_has_the_states_it_has_alone(kind: str) -> None:
    network = _teacher(kind).eval()
    texts = [[0, 5, 6, 2], [0, 7, 8, 9, 10, 2], [0, 11, 2]]
    together = network(torch.tensor([i for t in texts for i in t]), [len(t) for t in texts])
    alone = torch.cat([network(torch.tensor(t), [len(t)]) for t in texts])
    assert together.shape == (13, 32)
    assert (together - alone).abs().max() < 1e-4


def test_training_freezes_below_and_goes_on_only_as_the_same_run(tmp_path: Path) -> None:
    network, items = _teacher(), _items()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    how = replace(
        teacher.plan(5, 1, 3, ["phrasebank"]), batch_tokens=40
    )  # steps enough for the mean of weights
    heads = teacher.train(network, items, items[:9], how, tmp_path)
    changed = {k for k, v in network.state_dict().items() if not torch.equal(v, before[k])}
    assert changed
    assert all("layer.1." in name for name in changed)
    again = teacher.train(_teacher(), items, items[:9], how, tmp_path)
    assert torch.equal(again.sentiment_out.weight, heads.sentiment_out.weight)
    with pytest.raises(ConfigError, match="seed was 3, now 4"):
        teacher.train(_teacher(), items, items[:9], replace(how, seed=4), tmp_path)


def test_probabilities_reach_the_items_of_a_student(tmp_path: Path) -> None:
    network, items = _teacher(), _items()
    shares = teacher.probabilities(network, teacher.TorchHeads(32), items)
    assert shares.sum(1) == pytest.approx(1, abs=1e-5)
    reference.keep(tmp_path / "one.npz", items[:40], shares[:40])
    reference.keep(tmp_path / "two.npz", items[:20], 1 - shares[:20])
    student = _items()
    assert reference.add_stored([tmp_path / "one.npz", tmp_path / "two.npz"], student) == 40
    assert student[0].reference == pytest.approx([0.5, 0.5, 0.5], abs=1e-6)
    assert student[30].reference == pytest.approx(shares[30])
    assert student[50].reference is None


def test_parts_are_joined_in_order(tmp_path: Path) -> None:
    for k, piece in enumerate((b"PK", b"zip", b"end")):
        (tmp_path / f"part{k}").write_bytes(piece)
    whole = teacher.joined(sorted(tmp_path.glob("part*")), tmp_path / "model.zip")
    assert whole.read_bytes() == b"PKzipend"
