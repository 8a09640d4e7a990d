"""The training loop: packed batches, layer-wise rates, a wall-clock budget, resumable checkpoints."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from classifier.model import Encoder, Heads, pool
from classifier.training.corpus import NOT_NEGATIVE, Example, class_counts


@dataclass(slots=True)
class Plan:
    """What a run does. `passes`: how often a set is seen; `floor`: rare strata are repeated up to it."""

    passes: dict[str, float]
    seed: int = 1
    batch_tokens: int = 1536
    max_tokens: int = 80
    rate: float = 1.2e-4
    head_rate: float = 6e-4
    decay_by_layer: float = 0.9
    warmup: float = 0.05
    smoothing: float = 0.05
    freeze_layers: int = 0
    train_words: bool = False
    budget_minutes: float = 65.0
    checkpoint_minutes: float = 8.0
    floor: int = 150
    weights: dict[str, float] = field(
        default_factory=lambda: {
            "sentiment": 1.0, "entity": 0.7, "twitter": 1.0, "finnl": 4.0, "topics": 4.0,
            "register": 0.15, "signature": 0.7,
        }
    )  # fmt: skip


@dataclass(slots=True)
class Item:
    """An example as the network reads it. `spans`: (first piece, last piece + 1, sentiment)."""

    example: Example
    ids: list[int]
    spans: list[tuple[int, int, int]]
    signature: np.ndarray | None = None


def itemise(examples: list[Example], tokenizer: Tokenizer, max_tokens: int) -> list[Item]:
    """Tokenise, and carry the mentions' characters over to pieces (those cut off are dropped)."""
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    items = []
    for example, coded in zip(examples, tokenizer.encode_batch([e.text for e in examples]), strict=True):
        spans = []
        for start, end, label in example.spans:
            inside = [i for i, (a, b) in enumerate(coded.offsets) if a < end and b > start and b > a]
            if inside:
                spans.append((inside[0], inside[-1] + 1, label))
        items.append(Item(example, coded.ids, spans))
    return items


def epoch(items: list[Item], plan: Plan, rng: np.random.Generator) -> list[int]:
    """Return one pass's order: each set as often as planned, rare strata up to the floor, shuffled."""
    counts = class_counts([i.example for i in items])
    order: list[int] = []
    for at, item in enumerate(items):
        e = item.example
        times = plan.passes.get(e.set, 0.0)
        if (n := counts[f"{e.set}/{e.stratum}"]) < plan.floor:
            times *= min(4.0, plan.floor / n)
        whole = int(times)
        order += [at] * (whole + int(rng.random() < times - whole))
    return [order[i] for i in rng.permutation(len(order))]


def batches(
    items: list[Item], order: list[int], plan: Plan, rng: np.random.Generator
) -> Iterator[list[Item]]:
    """Cut an order into batches of about `batch_tokens` pieces, similar lengths together within a window."""
    cut: list[list[int]] = []
    window = 4000
    for at in range(0, len(order), window):
        part = sorted(order[at : at + window], key=lambda i: len(items[i].ids) // 24 + rng.random())
        batch: list[int] = []
        size = 0
        for i in part:
            if size + len(items[i].ids) > plan.batch_tokens and batch:
                cut.append(batch)
                batch, size = [], 0
            batch.append(i)
            size += len(items[i].ids)
        if batch:
            cut.append(batch)
    # Neighbouring windows stay in order, batches inside one are shuffled.
    for c in rng.permutation(len(cut)).tolist():
        yield [items[i] for i in cut[c]]


def _class_loss(logits: Tensor, target: Tensor, two: Tensor, smoothing: float) -> Tensor:
    """Cross entropy where a class is known; -log(1 - p_negative) where only "not negative" is."""
    known = target != NOT_NEGATIVE
    total = logits.new_zeros(())
    if known.any():
        per = F.cross_entropy(logits[known], target[known], label_smoothing=smoothing, reduction="none")
        if two.any():  # a set without neutral must not teach that neutral does not exist: half its weight
            pair = logits[known][:, [0, 2]]
            side = (target[known] == 2).long()
            forced = F.cross_entropy(pair, side, label_smoothing=smoothing, reduction="none")
            per = torch.where(two[known], 0.5 * per + 0.5 * forced, per)
        total = total + per.sum()
    if (~known).any():
        p_negative = logits[~known].softmax(-1)[:, 0]
        total = total - torch.log1p(-p_negative.clamp(max=1 - 1e-4)).sum()
    return total / len(target)


def losses(heads: Heads, states: Tensor, batch: list[Item], plan: Plan) -> dict[str, Tensor]:
    """Return each head's mean loss over the examples that have a target for it."""
    lengths = [len(i.ids) for i in batch]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    states = states.float()
    pooled = pool(states, lengths)
    register = torch.tensor([i.example.register for i in batch])
    out = {"register": F.cross_entropy(heads.register(pooled), register)}
    rows = [r for r, i in enumerate(batch) if i.example.sentiment != -1]
    if rows:
        logits = heads.sentiment(pooled[rows], register[rows])
        target = torch.tensor([batch[r].example.sentiment for r in rows])
        two = torch.tensor([batch[r].example.two_class for r in rows])
        out["sentiment"] = _class_loss(logits, target, two, plan.smoothing) * len(rows) / len(batch)
    topic_state = heads.topic_state(pooled)
    rows = [r for r, i in enumerate(batch) if i.example.twitter >= 0]
    if rows:
        target = torch.tensor([batch[r].example.twitter for r in rows])
        logits = heads.twitter_out(topic_state[rows])
        loss = F.cross_entropy(logits, target, label_smoothing=plan.smoothing)
        out["twitter"] = loss * len(rows) / len(batch)
    rows = [r for r, i in enumerate(batch) if i.example.finnl is not None]
    if rows:
        many = torch.tensor([batch[r].example.finnl for r in rows]).float()
        loss = F.binary_cross_entropy_with_logits(heads.finnl_out(topic_state[rows]), many)
        out["finnl"] = loss * len(rows) / len(batch)
    topics = torch.tensor([i.example.topics for i in batch])
    known = topics >= 0
    if known.any():
        per = F.binary_cross_entropy_with_logits(
            heads.topics_out(topic_state), topics.clamp(min=0).float(), reduction="none"
        )
        out["topics"] = (per * known).sum() / (19 * len(batch))
    mentions = [(r, s) for r, i in enumerate(batch) for s in i.spans]
    if mentions:
        span = torch.stack([states[starts[r] + a : starts[r] + b].mean(0) for r, (a, b, _) in mentions])
        at = torch.tensor([r for r, _ in mentions])
        target = torch.tensor([label for _, (_, _, label) in mentions])
        two = torch.tensor([batch[r].example.two_class for r, _ in mentions])
        logits = heads.entity(span, pooled[at], register[at])
        out["entity"] = _class_loss(logits, target, two, plan.smoothing) * len(mentions) / len(batch)
    signed = [(r, i.signature) for r, i in enumerate(batch) if i.signature is not None]
    if signed:
        rows = [r for r, _ in signed]
        wanted = torch.from_numpy(np.stack([s for _, s in signed]))
        near = F.cosine_similarity(heads.signature(pooled[rows]), wanted.float())
        out["signature"] = (1 - near).mean() * len(rows) / len(batch)
    return out


def parameter_groups(encoder: Encoder, heads: Heads, plan: Plan) -> list[dict[str, Any]]:
    """Return AdamW groups: heads fastest, layers slower the deeper they lie."""
    groups: list[dict[str, Any]] = [{"params": list(heads.parameters()), "rate": plan.head_rate}]
    top = len(encoder.layers)
    for i, layer in enumerate(encoder.layers):
        if i < plan.freeze_layers:
            layer.requires_grad_(False)
            continue
        rate = plan.rate * plan.decay_by_layer ** (top - 1 - i)
        groups.append({"params": list(layer.parameters()), "rate": rate})
    low = plan.rate * plan.decay_by_layer**top
    encoder.word.requires_grad_(plan.train_words)
    if plan.train_words:
        groups.append({"params": list(encoder.word.parameters()), "rate": low, "weight_decay": 0.0})
    for part in (encoder.position, encoder.norm):
        part.requires_grad_(False)
    encoder.token_type.requires_grad_(False)
    return groups


def train(
    encoder: Encoder,
    heads: Heads,
    items: list[Item],
    plan: Plan,
    folder: Path,
    watch: Callable[[int, float, dict[str, float]], None],
    evaluate: Callable[[], float] | None = None,
) -> None:
    """Run the plan; the rate falls linearly with whichever is further, steps or wall-clock budget.

    `watch(step, progress 0..1, mean losses)` is called every 25 steps; `evaluate()` after each checkpoint.
    Resumes from `folder`/checkpoint.pt where there is one (steps, optimiser and random state included).
    """
    groups = parameter_groups(encoder, heads, plan)
    for group in groups:
        group.setdefault("weight_decay", 0.01)
    optimiser = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), eps=1e-6, fused=True)
    rng = np.random.default_rng(plan.seed)
    torch.manual_seed(plan.seed)
    plans = [list(batches(items, epoch(items, plan, rng), plan, rng))]
    total = len(plans[0])
    step, spent = 0, 0.0
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        encoder.load_state_dict(state["encoder"])
        heads.load_state_dict(state["heads"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent = state["step"], state["spent"]
    began = saved = time.monotonic()
    sums: dict[str, list[float]] = {}
    encoder.train()
    heads.train()
    for batch in plans[0][step:]:
        elapsed = spent + time.monotonic() - began
        progress = max(step / total, elapsed / (60 * plan.budget_minutes))
        if progress >= 1.0:
            break
        scale = min(progress / plan.warmup if plan.warmup else 1.0, (1 - progress) / (1 - plan.warmup))
        for group in optimiser.param_groups:
            group["lr"] = group["rate"] * max(scale, 0.01)
        ids = torch.tensor([i for item in batch for i in item.ids])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = encoder(ids, [len(i.ids) for i in batch])
        parts = losses(heads, states, batch, plan)
        loss = torch.stack([plan.weights[name] * part for name, part in parts.items()]).sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for g in groups for p in g["params"]], 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step += 1
        for name, part in parts.items():
            sums.setdefault(name, []).append(float(part.detach()))
        if step % 25 == 0:
            watch(step, progress, {k: float(np.mean(v)) for k, v in sums.items()})
            sums = {}
        if time.monotonic() - saved > 60 * plan.checkpoint_minutes:
            save(checkpoint, encoder, heads, optimiser, step, spent + time.monotonic() - began)
            saved = time.monotonic()
            if evaluate:
                evaluate()
    save(checkpoint, encoder, heads, optimiser, step, spent + time.monotonic() - began)
    (folder / "done.json").write_text(json.dumps({"steps": step, "of": total}))


def save(
    path: Path, encoder: Encoder, heads: Heads, optimiser: torch.optim.Optimizer, step: int, spent: float
) -> None:
    """Write a checkpoint whole or not at all."""
    state = {
        "encoder": encoder.state_dict(), "heads": heads.state_dict(),
        "optimiser": optimiser.state_dict(), "step": step, "spent": spent,
    }  # fmt: skip
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)
