"""What a run sees and in which order: the plan, items with pieces, epochs, packed batches."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from tokenizers import Tokenizer

from classifier.data.corpus import Example, class_counts

_T = TypeVar("_T")


@dataclass(slots=True)
class Plan:
    """What a run does. `passes`: how often a set is seen; `floor`: rare strata are repeated up to it;
    `patience`: checkpoints without a better dev score before it stops (0: never);
    `repeat_mixed`: headlines whose companies differ in sentiment are seen so often more."""

    passes: dict[str, float]
    seed: int = 1
    batch_tokens: int = 1536
    max_tokens: int = 80
    rate: float = 1.2e-4
    head_rate: float = 6e-4
    decay_by_layer: float = 0.9
    warmup: float = 0.05
    smoothing: float = 0.05
    noise: dict[str, float] = field(default_factory=dict)
    """Set -> share of its labels that may be wrong: smoothed by in place of `smoothing`."""
    freeze_layers: int = 0
    method: str = "full"
    train_words: bool = False
    budget_minutes: float = 65.0
    checkpoint_minutes: float = 8.0
    patience: int = 0
    floor: int = 150
    repeat_mixed: float = 3.0
    anchor: float = 0.0
    """Share of a reference model's probabilities in the sentiment target of items that have them, 0..1."""
    weights: dict[str, float] = field(
        default_factory=lambda: {
            "sentiment": 1.0, "entity": 1.2, "twitter": 1.0, "finnl": 4.0, "topics": 4.0,
            "register": 0.15, "signature": 0.5,
        }
    )  # fmt: skip


@dataclass(slots=True)
class Item:
    """An example as the network reads it. `spans`: (first piece, last piece + 1, sentiment).

    `signature`: unit vector (bits,) to follow. `reference`: sentiment probabilities (3,) of a reference model.
    """

    example: Example
    ids: list[int]
    spans: list[tuple[int, int, int]]
    signature: np.ndarray | None = None
    reference: np.ndarray | None = None


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
        if e.stratum == "mixed":
            times *= plan.repeat_mixed
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


def share(order: list[_T], rank: int, count: int) -> list[_T]:
    """Every `count`-th batch, from the `rank`-th: as many for each process, or one would wait for a step of another.

    Where they do not divide evenly, a few of the first batches are seen twice.

    >>> share([1, 2, 3, 4, 5], 0, 2), share([1, 2, 3, 4, 5], 1, 2)
    ([1, 3, 5], [2, 4, 1])
    """
    whole = order + order[: -len(order) % count]
    return whole[rank::count]
