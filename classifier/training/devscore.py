"""One number a checkpoint: how good the network is on dev. Used for early stopping, never reported."""

import numpy as np
import torch

from classifier.data.sampling import Item
from classifier.network.model import Encoder, TorchHeads, pool

MOST_PER_SET = 250
CLASSES = (0, 1, 2)


def thin(items: list[Item], seed: int = 2) -> list[Item]:
    """At most MOST_PER_SET items of each set, the same every time."""
    rng = np.random.default_rng(seed)
    by_set: dict[str, list[Item]] = {}
    for item in items:
        by_set.setdefault(item.example.set, []).append(item)
    return [
        several[i]
        for several in by_set.values()
        for i in sorted(rng.permutation(len(several))[:MOST_PER_SET].tolist())
    ]


@torch.no_grad()
def dev_score(encoder: Encoder, heads: TorchHeads, items: list[Item], batch_tokens: int = 4096) -> float:
    """Mean over the heads and sets of the share they get right, 0..1."""
    device = next(heads.parameters()).device
    right: dict[str, list[bool]] = {}
    order = sorted(items, key=lambda i: len(i.ids))
    at = 0
    while at < len(order):
        batch: list[Item] = []
        while at < len(order) and (not batch or sum(len(i.ids) for i in batch) < batch_tokens):
            batch.append(order[at])
            at += 1
        lengths = [len(i.ids) for i in batch]
        ids = torch.tensor([piece for i in batch for piece in i.ids], device=device)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            states = encoder(ids, lengths)
        pooled = pool(states.float(), lengths)
        register = torch.tensor([i.example.register for i in batch], device=device)
        sentiment = heads.sentiment(pooled, register).argmax(-1).tolist()
        state = heads.topic_state(pooled)
        twitter = heads.twitter_out(state).argmax(-1).tolist()
        finnl = (heads.finnl_out(state) > 0).int().tolist()
        for row, item in enumerate(batch):
            e = item.example
            if e.sentiment in CLASSES:
                right.setdefault(f"sentiment/{e.set}", []).append(sentiment[row] == e.sentiment)
            if e.twitter >= 0:
                right.setdefault("twitter", []).append(twitter[row] == e.twitter)
            if e.finnl is not None:
                right.setdefault("finnl", []).append(tuple(finnl[row]) == e.finnl)
    return float(np.mean([np.mean(v) for v in right.values()])) if right else 0.0
