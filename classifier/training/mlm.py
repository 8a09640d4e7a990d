"""Domain-adaptive pre-training: guess masked pieces of unlabelled text (Gururangan et al. 2020)."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from classifier.network.model import Encoder
from classifier.reading.normal import normal
from classifier.table import read

SHARE = 0.15
BATCH_TOKENS = 1536


def texts(paths: list[Path], most: int = 200_000) -> list[str]:
    """Read titles and bodies of tables or plain lines (any format that `classify` reads)."""
    out: list[str] = []
    for path in paths:
        for row in read(str(path)):
            if row.text is not None and len(out) < most:
                out.append(normal(f"{row.text.title}\n{row.text.body[:1000]}"))
    return out


def pretrain(
    encoder: Encoder,
    tokenizer: Tokenizer,
    lines: list[str],
    *,
    minutes: float,
    rate: float,
    seed: int,
    watch: Callable[[int, float], None],
) -> None:
    """Train `encoder` in place for `minutes`; `watch(step, loss)` every 25 steps.

    The word embeddings are tied as the output and stay as they are; of the chosen pieces 80 % become the mask
    (or, in a vocabulary without one, the unknown piece), 10 % a random piece, 10 % stay.
    """
    rng = np.random.default_rng(seed)
    tokenizer.no_padding()
    tokenizer.enable_truncation(96)
    coded = [e.ids for e in tokenizer.encode_batch(lines) if len(e.ids) > 8]
    hidden = next(
        (
            i
            for i in (tokenizer.token_to_id(t) for t in ("<mask>", "[MASK]", "<unk>", "[UNK]"))
            if i is not None
        ),
        3,
    )
    device = encoder.token_type.device
    parameters = [p for n, p in encoder.named_parameters() if n.startswith("layers.")]
    optimiser = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.01)
    began, step, sums = time.monotonic(), 0, []
    encoder.train()
    while (spent := (time.monotonic() - began) / 60) < minutes:
        for group in optimiser.param_groups:
            group["lr"] = rate * max(0.02, 1 - spent / minutes)
        batch: list[list[int]] = []
        while sum(map(len, batch)) < BATCH_TOKENS:
            batch.append(coded[int(rng.integers(len(coded)))])
        flat = np.array([i for ids in batch for i in ids])
        chosen = rng.random(len(flat)) < SHARE
        starts = np.cumsum([0, *[len(b) for b in batch]])
        chosen[starts[:-1]] = chosen[starts[1:] - 1] = False
        dice = rng.random(len(flat))
        seen = np.where(chosen & (dice < 0.8), hidden, flat)
        seen = np.where(chosen & (dice > 0.9), rng.integers(5, encoder.word.weight.shape[0], len(flat)), seen)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            states = encoder(torch.from_numpy(seen).to(device), [len(b) for b in batch])
            logits = states[torch.from_numpy(chosen).to(device)] @ encoder.word.weight.T
        loss = F.cross_entropy(logits.float(), torch.from_numpy(flat[chosen]).to(device))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        encoder.zero_grad(set_to_none=True)
        step += 1
        sums.append(float(loss.detach()))
        if step % 25 == 0:
            watch(step, float(np.mean(sums)))
            sums = []
