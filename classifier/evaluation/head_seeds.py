"""How far the heads depend on the seed: fresh heads over the frozen, fine-tuned encoder, trained again per seed.

    python -m classifier.evaluation.head_seeds --data ../shared/data --out heads.json [--weights DIR] [--seeds 1 2]
    newsquake evaluate --card docs/model-card.md --heads heads.json

Needs torch (the extra train). The encoder runs once over at most `most` training texts a set and the test side; then
sentiment (told its register), Twitter's 20 topics and FinNL's labels are trained on those states. A seed decides the
heads' beginning and the order of the texts. It shows the heads' share of the spread, not the encoder's: that one needs
full trainings.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from classifier.data import corpus
from classifier.data.corpus import Example
from classifier.evaluation import metrics
from classifier.evaluation.card import seeds_table
from classifier.network.model import TorchHeads
from classifier.scoring.engine import Engine
from classifier.scoring.predict import predict

SETS = ("phrasebank", "twitter", "twitter_topics", "sentfin", "finfe", "zh_stock_news", "finnl")
CLASSES = (0, 1, 2)
MOST = 1_500
PASSES, BATCH, RATE, DECAY = 12, 64, 1e-3, 0.01


def run(
    engine: Engine, examples: list[Example], seeds: tuple[int, ...] = (1, 2), most: int = MOST
) -> dict[str, Any]:
    """Return {"seeds", "most", "sets": {set: {metric: {"mean", "deviation", "each"}}}}, on the test side. Blocks."""
    rng = np.random.default_rng(1)
    chosen: list[Example] = []
    for name in SETS:
        train = [e for e in examples if e.set == name and e.side == "train"]
        chosen += [train[i] for i in rng.permutation(len(train))[:most]]
        chosen += [e for e in examples if e.set == name and e.side == "test"]
    sys.stderr.write(f"heads: {len(chosen)} texts through the encoder\n")
    pooled = torch.from_numpy(predict(engine.tokens, engine.encoder, engine.heads, chosen).pooled)
    found: dict[str, dict[str, list[float]]] = {}
    for seed in seeds:
        heads = _trained(pooled, chosen, seed)
        for name, values in _measured(heads, pooled, chosen).items():
            for metric, value in values.items():
                found.setdefault(name, {}).setdefault(metric, []).append(value)
        sys.stderr.write(f"heads: seed {seed} done\n")
    return {
        "model_version": engine.model_version,
        "seeds": list(seeds),
        "most": most,
        "sets": {
            name: {
                metric: {"mean": float(np.mean(v)), "deviation": float(np.std(v, ddof=len(v) > 1)), "each": v}
                for metric, v in values.items()
            }
            for name, values in found.items()
        },
    }


def _loss(heads: TorchHeads, x: torch.Tensor, rows: list[Example]) -> torch.Tensor:
    """Sum of the three heads' mean losses over the rows that have their labels."""
    register = torch.tensor([e.register for e in rows])
    state = heads.topic_state(x)
    total = x.new_zeros(())
    for k, logits in (("sentiment", heads.sentiment(x, register)), ("twitter", heads.twitter_out(state))):
        target = torch.tensor([getattr(e, k) for e in rows])
        known = (target >= 0) & (target < logits.shape[1])
        if known.any():
            total = total + F.cross_entropy(logits[known], target[known])
    have = [i for i, e in enumerate(rows) if e.finnl is not None]
    if have:
        target = torch.tensor([rows[i].finnl for i in have], dtype=torch.float32)
        total = total + F.binary_cross_entropy_with_logits(heads.finnl_out(state[have]), target)
    return total


def _trained(pooled: torch.Tensor, rows: list[Example], seed: int) -> TorchHeads:
    torch.manual_seed(seed)
    heads = TorchHeads(pooled.shape[1])
    train = [i for i, e in enumerate(rows) if e.side == "train"]
    best = torch.optim.AdamW(heads.parameters(), lr=RATE, weight_decay=DECAY)
    steps = PASSES * (len(train) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(best, RATE, total_steps=steps)
    for _ in range(PASSES):
        order = torch.randperm(len(train)).tolist()
        for at in range(0, len(order), BATCH):
            batch = [train[k] for k in order[at : at + BATCH]]
            loss = _loss(heads, pooled[batch], [rows[i] for i in batch])
            best.zero_grad()
            loss.backward()
            best.step()
            schedule.step()
    return heads.eval()


@torch.no_grad()
def _measured(heads: TorchHeads, pooled: torch.Tensor, rows: list[Example]) -> dict[str, dict[str, float]]:
    out: dict[str, dict[str, float]] = {}
    for name in SETS:
        mine = [i for i, e in enumerate(rows) if e.set == name and e.side == "test"]
        if name not in ("finnl", "twitter_topics"):
            mine = [i for i in mine if rows[i].sentiment in CLASSES]
        if not mine:
            continue
        x = pooled[mine]
        if name == "finnl":
            many = np.array([rows[i].finnl for i in mine], bool)
            out[name] = {
                "micro-F1": metrics.micro_f1(many, heads.finnl_out(heads.topic_state(x)).numpy() > 0)
            }
            continue
        topics = name == "twitter_topics"
        logits = (
            heads.twitter_out(heads.topic_state(x))
            if topics
            else heads.sentiment(x, torch.tensor([rows[i].register for i in mine]))
        )
        truth = np.array([rows[i].twitter if topics else rows[i].sentiment for i in mine])
        guess = logits.argmax(1).numpy()
        out[name] = {
            "accuracy": metrics.accuracy(truth, guess),
            "macro-F1": metrics.macro_f1(truth, guess, logits.shape[1]),
        }
    return out


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--out", type=Path, default=Path("heads.json"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--most", type=int, default=MOST)
    given = parser.parse_args()
    engine = Engine.load(given.weights)
    result = run(engine, corpus.load(given.data), tuple(given.seeds), given.most)
    given.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(seeds_table(result))


if __name__ == "__main__":
    main()
