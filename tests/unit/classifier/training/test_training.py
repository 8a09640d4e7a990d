"""Training on a network of two small layers: what it must keep, resume and merge. Needs the extra `train`."""

# ruff: noqa: E402  (torch is asked for first)

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (extra train)")
from classifier.data.corpus import Example
from classifier.data.sampling import Item, Plan, batches, epoch
from classifier.evaluation import leave_out
from classifier.network import cpu
from classifier.network.model import Encoder, TorchHeads, pool
from classifier.taxonomy import TOPIC_NAMES
from classifier.training import loop, methods
from classifier.training.average import DECAY, EVERY, Average
from classifier.training.base import Base
from classifier.training.losses import cross, losses
from classifier.training.packing import fingerprint, signature
from classifier.training.recipe import Recipe
from core.errors import ConfigError

CONFIG = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
          "vocab_size": 50, "max_position_embeddings": 40}  # fmt: skip
TEXTS = [[0, 5, 6, 2], [0, 7, 8, 9, 10, 2], [0, 11, 2]]


def network() -> tuple[Any, Any]:
    torch.manual_seed(0)
    return Encoder(CONFIG), TorchHeads(32)


def items(count: int = 120) -> list[Item]:
    """Texts whose sentiment stands in one piece: learnable at once."""
    rng = np.random.default_rng(0)
    out = []
    for i in range(count):
        label = i % 3
        ids = [0, *rng.integers(20, 45, 4).tolist(), 10 + label, 2]
        target = [-1] * len(TOPIC_NAMES)
        target[label] = 1
        example = Example("phrasebank", "t", label, "en", label, topics=target, stratum=str(label))
        out.append(Item(example, ids, [(5, 6, label)], rng.normal(size=128).astype(np.float32)))
    return out


def plan(**changes: Any) -> Plan:
    settings: dict[str, Any] = {"passes": {"phrasebank": 3}, "batch_tokens": 80, "budget_minutes": 5, "rate": 3e-3,
                                "head_rate": 3e-3, "floor": 1}  # fmt: skip
    return Plan(**{**settings, **changes})


def test_a_text_alone_and_packed_among_others_has_the_same_states() -> None:
    encoder, _ = network()
    encoder.eval()
    together = encoder(torch.tensor([i for t in TEXTS for i in t]), [len(t) for t in TEXTS])
    alone = torch.cat([encoder(torch.tensor(t), [len(t)]) for t in TEXTS])
    assert (together - alone).abs().max() < 1e-5


def test_the_shortcuts_of_training_change_no_state() -> None:
    """Attention as plain products, as a CPU trains with, beside torch's own; dropout off."""
    encoder, _ = network()
    for layer in encoder.layers:
        layer.dropout = 0.0
    encoder.dropout = 0.0
    ids, lengths = torch.tensor([i for t in TEXTS for i in t]), [len(t) for t in TEXTS]
    training = encoder.train()(ids, lengths)
    scoring = encoder.eval()(ids, lengths)
    assert (training - scoring).abs().max() < 1e-5


def test_pooled_masks_drop_the_stated_share_and_keep_the_mean() -> None:
    torch.manual_seed(0)
    dropped = cpu.Masks(0.1)(torch.ones(2000, 500))
    assert (dropped == 0).float().mean().item() == pytest.approx(0.1, abs=0.005)
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.01)


def test_averaged_weights_lie_between_what_was_seen_and_swap_back() -> None:
    encoder, heads = network()
    mean = Average(encoder, heads)
    before = encoder.layers[0].up.weight.detach().clone()
    with torch.no_grad():
        encoder.layers[0].up.weight.add_(1.0)
    mean.sample(EVERY, 0.5)
    mean.swap()
    moved = encoder.layers[0].up.weight.detach() - before
    assert torch.allclose(moved, torch.full_like(moved, 1 - DECAY), atol=1e-5)
    mean.swap()
    assert torch.allclose(encoder.layers[0].up.weight.detach(), before + 1.0)


def test_the_packed_encoder_is_transformers_bert() -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is not installed (extra train)")
    bert = transformers.BertModel(
        transformers.BertConfig(**CONFIG, pad_token_id=1), add_pooling_layer=False
    ).eval()
    encoder = Encoder(CONFIG).eval()
    encoder.load_bert(bert.state_dict())
    for text in TEXTS:
        wanted = bert(torch.tensor([text])).last_hidden_state[0]
        assert (encoder(torch.tensor(text), [len(text)]) - wanted).abs().max() < 1e-4


def test_every_head_gets_a_loss_only_where_it_has_a_target() -> None:
    encoder, heads = network()
    batch = items(6)
    states = encoder(torch.tensor([i for x in batch for i in x.ids]), [len(x.ids) for x in batch])
    found = losses(heads, states, batch, plan())
    assert set(found) == {"register", "sentiment", "topics", "entity", "signature"}
    assert all(torch.isfinite(v) for v in found.values())


def test_a_set_s_noise_smooths_its_own_rows_and_no_others() -> None:
    logits, target = torch.randn(5, 3), torch.tensor([0, 1, 2, 1, 0])
    for smoothing in (0.0, 0.05, 0.4):
        wanted = torch.nn.functional.cross_entropy(
            logits, target, label_smoothing=smoothing, reduction="none"
        )
        assert (cross(logits, target, torch.full((5,), smoothing)) - wanted).abs().max() < 1e-6
    encoder, heads = network()
    batch = items(6)
    states = encoder(torch.tensor([i for x in batch for i in x.ids]), [len(x.ids) for x in batch])
    plain, noisy, other = (
        losses(heads.eval(), states, batch, plan(noise=noise))["sentiment"]
        for noise in ({}, {batch[0].example.set: 0.5}, {"reuters": 0.5})
    )
    assert plain == other != noisy


def test_training_learns_and_leaves_its_end_behind(tmp_path: Path) -> None:
    encoder, heads = network()
    seen: list[dict[str, float]] = []
    loop.train(
        encoder, heads, items(), plan(passes={"phrasebank": 30}), tmp_path, lambda *a: seen.append(a[3])
    )
    assert seen[-1]["sentiment"] < 0.6 * seen[0]["sentiment"]
    assert (tmp_path / "done.json").exists()


def test_a_run_that_was_cut_off_goes_on_where_it_was(tmp_path: Path) -> None:
    encoder, heads = network()
    steps: list[int] = []

    def cut(step: int, of: int, progress: float, means: dict[str, float]) -> None:
        if not steps and step >= 50:
            raise KeyboardInterrupt
        steps.append(step)

    whole = plan(passes={"phrasebank": 20}, checkpoint_minutes=1e-9)
    with pytest.raises(KeyboardInterrupt):
        loop.train(
            encoder, heads, items(), whole, tmp_path, lambda s, o, p, m: cut(s, o, p, m) if s >= 50 else None
        )
    steps.append(-1)
    encoder, heads = network()
    loop.train(encoder, heads, items(), whole, tmp_path, cut)
    assert min(s for s in steps if s > 0) >= 50


def trained(folder: Path, run: dict[str, Any], **changes: Any) -> None:
    loop.train(*network(), items(), plan(**changes), folder, lambda *_: None, lambda: 0.5, run=run)


SEED_ONE = {"name": "permissive", "licence": "CC BY", "seed": 1, "sets": {"phrasebank": 3.0}, "data": "120"}


@pytest.mark.parametrize(
    ("change", "plan_change", "says"),
    [
        ({"seed": 2}, {"seed": 2}, "seed was 1, now 2"),
        (
            {"name": "bilingual", "licence": ""},
            {},
            "name was permissive, now bilingual; licence was CC BY, now none",
        ),
        ({"sets": {"finfe": 1.0}}, {}, "sets.finfe was none, now 1.0; sets.phrasebank was 3.0, now none"),
        ({"freeze_layers": 1}, {"freeze_layers": 1}, "freeze_layers was none, now 1"),
        ({"data": "119"}, {}, "data was 120, now 119"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(
    tmp_path: Path, change: dict[str, Any], plan_change: dict[str, Any], says: str
) -> None:
    trained(tmp_path, SEED_ONE)
    with pytest.raises(ConfigError) as caught:
        trained(tmp_path, SEED_ONE | change, **plan_change)
    told = str(caught.value)
    assert says in told
    assert f"remove {tmp_path / 'checkpoint.pt'} and {tmp_path / 'best.pt'}" in told
    assert "another --out" in told
    assert "\n" not in told
    (tmp_path / "checkpoint.pt").unlink()  # the best weights alone are of the other run too
    with pytest.raises(ConfigError, match=r"best\.pt: of another run"):
        trained(tmp_path, SEED_ONE | change, **plan_change)
    (tmp_path / "best.pt").unlink()
    trained(tmp_path, SEED_ONE | change, **plan_change)


def test_the_same_run_goes_on_after_its_end_and_with_another_budget(tmp_path: Path) -> None:
    trained(tmp_path, SEED_ONE)
    first = torch.load(tmp_path / "best.pt", weights_only=True)["heads"]
    trained(tmp_path, SEED_ONE)
    trained(tmp_path, SEED_ONE, budget_minutes=9)
    again = torch.load(tmp_path / "best.pt", weights_only=True)["heads"]
    assert all(torch.equal(v, again[k]) for k, v in first.items())


@pytest.mark.parametrize("name", ["checkpoint.pt", "best.pt"])
def test_a_checkpoint_that_does_not_say_its_run_is_refused(tmp_path: Path, name: str) -> None:
    trained(tmp_path, SEED_ONE)
    state = torch.load(tmp_path / name, weights_only=True)
    torch.save({k: v for k, v in state.items() if k != fingerprint.KEY}, tmp_path / name)
    with pytest.raises(ConfigError, match=f"{name}: does not say which recipe"):
        trained(tmp_path, SEED_ONE)
    (tmp_path / name).write_text("notes")
    with pytest.raises(ConfigError, match=f"{name}: is no checkpoint"):
        trained(tmp_path, SEED_ONE)


def test_a_fingerprint_holds_what_decides_and_nothing_that_may_change(tmp_path: Path) -> None:
    def of(words: float = 0.0, **changes: Any) -> dict[str, Any]:
        encoder, _ = network()
        encoder.word.weight.data[7, 0] += words
        tokenizer = tmp_path / "tokenizer.json"
        tokenizer.write_text("{}")
        given = {"name": "x", "base": "here/e5", "sets": {"phrasebank": 1}} | changes
        return fingerprint.of(Recipe.model_validate(given), Base(encoder, CONFIG, tokenizer))

    assert of() == of(minutes=3, patience=2, checkpoint_minutes=1, base="elsewhere/e5")
    others = [of(words=0.1), of(base="here/e6"), of(seed=2), of(method="lora"), of(rank=8), of(name="y"),
              of(licence="MIT"), of(sets={"phrasebank": 2}), of(freeze_layers=0), of(rate=1e-5)]  # fmt: skip
    assert all(other != of() for other in others)
    texts = [i.example for i in items(3)]
    assert fingerprint.data(texts) != fingerprint.data(texts[::-1][:2])


@pytest.mark.parametrize("name", ["lora", "bottleneck"])
def test_an_adapter_trains_few_weights_and_merges_to_the_same_outputs(name: str) -> None:
    if name == "lora":
        pytest.importorskip("peft", reason="peft is not installed (extra train)")
    encoder, _ = network()
    method = methods.apply(encoder, name, rank=4, steps=100)
    trained = [p for p in encoder.parameters() if p.requires_grad]
    assert 0 < sum(p.numel() for p in trained) < 0.4 * sum(p.numel() for p in encoder.parameters())
    with torch.no_grad():
        for p in trained:
            p.add_(0.01 * torch.randn_like(p))
    encoder.eval()
    ids, lengths = torch.tensor([i for t in TEXTS for i in t]), [len(t) for t in TEXTS]
    before = encoder(ids, lengths).detach()
    assert (method.merge(encoder)(ids, lengths) - before).abs().max() < 1e-4


def test_patience_outlives_a_run_that_was_cut_off(tmp_path: Path) -> None:
    patient = plan(passes={"phrasebank": 50}, checkpoint_minutes=1e-9, patience=3)
    asked: list[float] = []

    def worse() -> float:
        if len(asked) == 3:  # the first is the best, two worse ones follow
            raise KeyboardInterrupt
        asked.append(0.9 - len(asked) / 10)
        return asked[-1]

    with pytest.raises(KeyboardInterrupt):
        loop.train(*network(), items(), patient, tmp_path, lambda *_: None, worse)
    more: list[float] = []

    def still_worse() -> float:
        more.append(0.1)
        return 0.1

    loop.train(*network(), items(), patient, tmp_path, lambda *_: None, still_worse)
    assert len(more) == 2  # the third worse one ends it, then the end is kept


def process(rank: int, count: int, folder: str) -> None:
    """One of several that train together; each begins with other random numbers."""
    meet = f"file://{folder}/meet"
    torch.distributed.init_process_group("gloo", init_method=meet, rank=rank, world_size=count)
    torch.manual_seed(rank)
    encoder, heads = Encoder(CONFIG), TorchHeads(32)
    loop.train(encoder, heads, items(101), plan(passes={"phrasebank": 3}), Path(folder), lambda *_: None)
    torch.save(heads.state_dict(), Path(folder) / f"heads-{rank}.pt")
    torch.distributed.destroy_process_group()


def test_processes_that_train_together_end_with_the_same_weights(tmp_path: Path) -> None:
    torch.multiprocessing.spawn(process, args=(2, str(tmp_path)), nprocs=2)
    first, second = (torch.load(tmp_path / f"heads-{rank}.pt", weights_only=True) for rank in (0, 1))
    assert all(torch.allclose(value, second[name], atol=1e-6) for name, value in first.items())


def test_early_stopping_keeps_the_best_network(tmp_path: Path) -> None:
    encoder, heads = network()
    scores = iter([0.9, 0.5, 0.4, 0.3, 0.2, 0.1])
    loop.train(
        encoder, heads, items(), plan(passes={"phrasebank": 50}, checkpoint_minutes=1e-9, patience=2), tmp_path,
        lambda *_: None, lambda: next(scores),
    )  # fmt: skip
    best = torch.load(tmp_path / "best.pt", weights_only=True)["heads"]
    assert all(torch.equal(v, best[k]) for k, v in heads.state_dict().items())


def test_an_order_sees_each_set_as_often_as_planned_and_rare_classes_more() -> None:
    many = items(120)
    for i in many[:6]:
        i.example.stratum = "rare"
    rng = np.random.default_rng(0)
    order = epoch(many, plan(passes={"phrasebank": 2}, floor=12), rng)
    counts = np.bincount(order, minlength=120)
    assert counts[6:].min() == counts[6:].max() == 2
    assert counts[:6].min() == 4
    assert sum(len(b) for b in batches(many, order, plan(), rng)) == len(order)


def test_the_signature_head_in_closed_form_follows_its_targets() -> None:
    rng = np.random.default_rng(0)
    states, true = rng.normal(size=(800, 32)) * 3 + 1, rng.normal(size=(32, 16))
    wanted = (states - states.mean(0)) @ true
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    weight, bias = signature.fit_head(states, wanted)
    agree = ((states @ weight.T + bias > 0) == (wanted > 0)).mean()
    assert agree > 0.97


def test_pooling_is_the_mean_over_each_text() -> None:
    states = torch.arange(12.0).view(6, 2)
    assert pool(states, [2, 4]).tolist() == [[1.0, 2.0], [7.0, 8.0]]


def test_a_set_left_out_is_measured_by_a_head_that_never_saw_it() -> None:
    rng = np.random.default_rng(0)
    rows, states = [], []
    for name in leave_out.SETS:
        own_words = 3 * (name == "finfe")  # it says things its own way: only a head that saw it can know
        for i in range(120):
            label = i % 3
            side = "test" if i < 30 else "train"
            rows.append(Example(name, "t", 0, "en", label, side=side))
            states.append(np.eye(6)[label + own_words] + rng.normal(size=6) * 0.1)
    found = {row["set"]: row for row in leave_out.measure(np.array(states, np.float32), rows)}
    assert found["twitter"]["texts"] == 30
    assert found["twitter"]["out_accuracy"] > 0.95
    assert found["finfe"]["out_accuracy"] < 0.7 < 0.95 < found["finfe"]["in_accuracy"]
