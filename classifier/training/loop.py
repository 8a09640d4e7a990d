"""The training loop: layer-wise rates, a wall-clock budget, early stopping, resumable checkpoints.

The same on a CPU, one card or several: with several processes (accelerate launch) each takes every n-th batch
and the gradients are averaged.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from classifier.data.sampling import Item, Plan, batches, epoch, share
from classifier.network.model import Encoder, TorchHeads
from classifier.training.average import Average
from classifier.training.losses import losses
from classifier.training.methods import Method
from classifier.training.packing import fingerprint

Watch = Callable[[int, int, float, dict[str, float]], None]
"""watch(step, of, progress 0..1, mean losses since the last call)"""
EVERY = 25


def parameter_groups(encoder: Encoder, heads: TorchHeads, plan: Plan) -> list[dict[str, Any]]:
    """Return AdamW groups: heads fastest, layers slower the deeper they lie; adapters as one group."""
    groups: list[dict[str, Any]] = [{"params": list(heads.parameters()), "rate": plan.head_rate}]
    if plan.method != "full":
        return [*groups, {"params": [p for p in encoder.parameters() if p.requires_grad], "rate": plan.rate}]
    top = len(encoder.layers)
    encoder.requires_grad_(False)  # all but the layers and, where asked for, the word embeddings
    for i, layer in enumerate(encoder.layers):
        if i >= plan.freeze_layers:
            layer.requires_grad_(True)
            rate = plan.rate * plan.decay_by_layer ** (top - 1 - i)
            groups.append({"params": list(layer.parameters()), "rate": rate})
    low = plan.rate * plan.decay_by_layer**top
    if plan.train_words:
        encoder.word.requires_grad_(True)
        groups.append({"params": list(encoder.word.parameters()), "rate": low, "weight_decay": 0.0})
    return groups


class Workers:
    """How many processes train together, and what they must have in common: each step is one of all.

    A process alone (`count` 1) waits for nobody. What would be decided by each one's clock is decided by the
    furthest one's: a process that stopped alone would leave the others waiting for its gradients.
    """

    def __init__(self) -> None:
        self.count, self.rank = 1, 0
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            self.count, self.rank = torch.distributed.get_world_size(), torch.distributed.get_rank()

    def average(self, parameters: list[torch.nn.Parameter]) -> None:
        """Average gradients over the processes; one that saw no target of a head counts as zero."""
        if self.count == 1:
            return
        for p in parameters:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
            torch.distributed.all_reduce(p.grad)
            p.grad /= self.count

    def begin_alike(self, *modules: torch.nn.Module) -> None:
        """Give all processes the weights of the first: heads and adapters begin with random numbers."""
        if self.count > 1:
            for module in modules:
                for tensor in (*module.parameters(), *module.buffers()):
                    torch.distributed.broadcast(tensor.data, 0)

    def most(self, device: torch.device, *values: float) -> list[float]:
        """The greatest of each value over the processes."""
        if self.count == 1:
            return list(values)
        shared = torch.tensor(values, dtype=torch.float64, device=device)
        torch.distributed.all_reduce(shared, op=torch.distributed.ReduceOp.MAX)
        found: list[float] = shared.tolist()
        return found

    def wait(self) -> None:
        """Return once all processes have come here."""
        if self.count > 1:
            torch.distributed.barrier()


def train(
    encoder: Encoder,
    heads: TorchHeads,
    items: list[Item],
    plan: Plan,
    folder: Path,
    watch: Watch,
    evaluate: Callable[[], float] | None = None,
    method: Method | None = None,
    run: dict[str, Any] | None = None,
) -> None:
    """Run the plan; the rate falls linearly with whichever is further, steps or wall-clock budget.

    Resumes from `folder`/checkpoint.pt where there is one (step, optimiser, time spent). `evaluate` is asked of the
    averaged weights at each checkpoint; the best (without `evaluate` the last) are left in `encoder` and `heads`.
    `run` says which run this is (fingerprint.py): ConfigError where the folder holds a checkpoint of another one.
    Raises RuntimeError where the loss is no longer a number.
    """
    run = run or {}
    fingerprint.demand(folder, run)
    device = next(heads.parameters()).device
    groups = [{"weight_decay": 0.01, **g} for g in parameter_groups(encoder, heads, plan)]
    parameters = [p for g in groups for p in g["params"]]
    optimiser = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), eps=1e-6, fused=True)
    workers = Workers()
    rng = np.random.default_rng(plan.seed)
    torch.manual_seed(plan.seed + workers.rank)
    order = share(list(batches(items, epoch(items, plan, rng), plan, rng)), workers.rank, workers.count)
    total, step, spent = len(order), 0, 0.0
    checkpoint, best = folder / "checkpoint.pt", folder / "best.pt"
    score, since = -1.0, 0
    workers.begin_alike(encoder, heads)
    mean = Average(encoder, heads)
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True, map_location=device)
        encoder.load_state_dict(state["encoder"])
        heads.load_state_dict(state["heads"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent, score = state["step"], state["spent"], state.get("score", -1.0)
        since = state.get("since", 0)
        if "means" in state:
            mean.load(state["means"])
    began = saved = time.monotonic()
    sums: dict[str, list[float]] = {}
    _mode(encoder, heads, training=True)

    def keep() -> bool:
        """Save a checkpoint, ask for the dev score; True when patience is at its end."""
        nonlocal score, since, saved
        mean.swap()
        _mode(encoder, heads, training=False)
        (new,) = workers.most(device, evaluate() if evaluate else -1.0)
        _mode(encoder, heads, training=True)
        since = 0 if new > score else since + 1
        if workers.rank == 0 and evaluate and new > score:
            network = {"encoder": encoder.state_dict(), "heads": heads.state_dict()}
            _save(best, network | {fingerprint.KEY: run})
        mean.swap()
        if workers.rank == 0:
            state = {"encoder": encoder.state_dict(), "heads": heads.state_dict(), "means": mean.means}
            whole = {
                "optimiser": optimiser.state_dict(),
                "step": step,
                "score": max(new, score),
                "since": since,
                fingerprint.KEY: run,
            }
            _save(checkpoint, state | whole | {"spent": spent + time.monotonic() - began})
        score, saved = max(new, score), time.monotonic()
        return bool(plan.patience and since >= plan.patience)

    first = step
    for batch in order[first:]:
        now = time.monotonic()
        clock, due = workers.most(
            device,
            (spent + now - began) / (60 * plan.budget_minutes),
            now - saved > 60 * plan.checkpoint_minutes,
        )
        if due and step > first and keep():
            break
        progress = max(step / total, clock)
        if progress >= 1.0:
            break
        _set_rate(optimiser, progress, plan.warmup)
        ids = torch.tensor([i for item in batch for i in item.ids], device=device)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            states = encoder(ids, [len(i.ids) for i in batch])
        parts = losses(heads, states, batch, plan)
        loss = torch.stack([plan.weights[name] * part for name, part in parts.items()]).sum()
        if method:
            loss = loss + method.penalty()
        loss.backward()
        workers.average(parameters)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        if method:
            method.after_step(step)
        optimiser.zero_grad(set_to_none=True)
        step += 1
        mean.sample(step, progress)
        for name, part in parts.items():
            sums.setdefault(name, []).append(float(part.detach()))
        if step % EVERY == 0:
            means = {k: float(np.mean(v)) for k, v in sums.items()}
            if not np.isfinite(sum(means.values())):
                raise RuntimeError(
                    f"step {step}: the loss is no number; lower the rate or remove {checkpoint}"
                )
            watch(step, total, progress, means)
            sums = {}
    keep()
    mean.swap()
    workers.wait()  # for the first one's best.pt
    if evaluate and best.exists():
        state = torch.load(best, weights_only=True, map_location=device)
        encoder.load_state_dict(state["encoder"])
        heads.load_state_dict(state["heads"])
    _mode(encoder, heads, training=False)
    if workers.rank == 0:
        (folder / "done.json").write_text(json.dumps({"steps": step, "of": total, "dev_score": score}))


def _mode(encoder: Encoder, heads: TorchHeads, *, training: bool) -> None:
    encoder.train(training)
    heads.train(training)


def _set_rate(optimiser: torch.optim.Optimizer, progress: float, warmup: float) -> None:
    """Linear up over `warmup`, linear down to nearly nothing at 1."""
    rising = progress / warmup if warmup else 1.0
    scale = max(0.01, min(rising, (1 - progress) / (1 - warmup)))
    for group in optimiser.param_groups:
        group["lr"] = group["rate"] * scale


def _save(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint whole or not at all."""
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)
