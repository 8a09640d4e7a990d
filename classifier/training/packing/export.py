"""A trained network -> the shipped weights' folder: int8 encoder with static activation scales, 4-bit words.

Activations are quantised per tensor with a range fixed here, from texts of the training side; a smoothing
vector per product moves outlying channels from the activation into the weight first (SmoothQuant, Xiao et
al. 2023, https://arxiv.org/abs/2211.10438), so that one range fits all channels. A few channels behind the GELU are a
hundred times larger than the rest at single pieces; those stay in float (LLM.int8(), Dettmers et al. 2022,
https://arxiv.org/abs/2208.07339), chosen here once, since they are the same for every text.
"""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file

from classifier.network import packed
from classifier.network.model import Encoder, TorchHeads

SMOOTH = {"qkv": 0.8, "out": 0.8, "up": 0.8, "down": 0.8}
"""How much of a channel's size moves into the weight: 0 none, 1 all. Measured: docs/model-log.md."""
KEEP = {"qkv": 0, "out": 0, "up": 0, "down": 8}
"""Input channels of a product that stay in float: those that reach furthest after smoothing."""
POSITIONS = 160
"""Chunks are at most 112 pieces; further positions would only weigh on the file."""


class _Range:
    """Per-channel extremes of an activation."""

    def __init__(self) -> None:
        self.low: np.ndarray | None = None
        self.high: np.ndarray | None = None

    def see(self, x: np.ndarray) -> None:
        low, high = x.min(0), x.max(0)
        self.low = low if self.low is None else np.minimum(self.low, low)
        self.high = high if self.high is None else np.maximum(self.high, high)


@torch.no_grad()
def ranges(encoder: Encoder, ids: list[list[int]], batch: int = 32) -> dict[str, _Range]:
    """Run float32 over the texts; return what each product's input looks like."""
    seen: dict[str, _Range] = {}
    handles = []
    for i, layer in enumerate(encoder.layers):
        for part in ("qkv", "out", "up", "down"):
            name = f"layers.{i}.{part}"
            seen[name] = _Range()

            def hook(_: Any, inputs: tuple[torch.Tensor, ...], name: str = name) -> None:
                seen[name].see(inputs[0].float().numpy())

            handles.append(getattr(layer, part).register_forward_pre_hook(hook))
    encoder.eval()
    order = sorted(range(len(ids)), key=lambda k: len(ids[k]))
    for at in range(0, len(order), batch):
        part_ids = [ids[k] for k in order[at : at + batch]]
        encoder(torch.tensor([i for one in part_ids for i in one]), [len(one) for one in part_ids])
    for handle in handles:
        handle.remove()
    return seen


def _smoothing(far: np.ndarray, size: np.ndarray, alpha: float) -> np.ndarray:
    """What each channel is divided by: its reach against its weights' size, of geometric mean 1, as float16 has it."""
    smooth = np.clip(far**alpha / size ** (1 - alpha), 1e-3, 1e3)
    out: np.ndarray = (smooth / np.exp(np.log(smooth).mean())).astype(np.float16).astype(np.float32)
    return out


def _product(name: str, weight: np.ndarray, bias: np.ndarray, seen: _Range) -> dict[str, np.ndarray]:
    """One product's packed tensors."""
    assert seen.low is not None and seen.high is not None
    part = name.rpartition(".")[2]
    out: dict[str, np.ndarray] = {f"{name}.bias": bias.astype(np.float32)}
    far = np.maximum(np.maximum(np.abs(seen.low), np.abs(seen.high)), 1e-4)
    size = np.maximum(np.abs(weight).max(0), 1e-5)
    smooth, rest = _smoothing(far, size, SMOOTH[part]), np.ones(len(far), bool)
    if KEEP[part]:
        keep = np.sort(np.argsort(far / smooth, kind="stable")[-KEEP[part] :])
        rest[keep] = False
        out[f"{name}.keep"] = keep.astype(np.int32)
        out[f"{name}.kept"] = weight[:, keep].astype(np.float16)
        smooth[rest], smooth[keep] = _smoothing(far[rest], size[rest], SMOOTH[part]), 1
    out[f"{name}.smooth"] = smooth.astype(np.float16)
    weight = np.where(rest[None, :], weight * smooth[None, :], 0)
    # The whole range, no clipping: with smoothing, clipped outliers cost more than finer steps win.
    low = min(0.0, float((seen.low / smooth)[rest].min()))
    high = max(0.0, float((seen.high / smooth)[rest].max()))
    step = max((high - low) / 255, 1e-8)
    out[f"{name}.input"] = np.array([step, np.clip(round(-low / step), 0, 255)], np.float32)
    out[f"{name}.weight"], out[f"{name}.scale"] = packed.pack8(weight)
    return out


def tensors(encoder: Encoder, heads: TorchHeads, ids: list[list[int]]) -> dict[str, np.ndarray]:
    """Return the packed tensors; `ids`: tokenised texts (training side) that fix the activations' ranges."""
    seen = ranges(encoder, ids)
    state = {k: v.detach().float().numpy() for k, v in encoder.state_dict().items()}
    out: dict[str, np.ndarray] = {}
    out["word.q4"], out["word.scale"] = packed.pack4(state["word.weight"])
    out["position.weight"] = state["position.weight"][:POSITIONS].astype(np.float16)
    out["token_type"] = state["token_type"]
    for name, value in state.items():
        if "norm" in name:
            out[name] = value
        elif ".adapter." in name:
            out[name] = value.astype(np.float16)
    for name, range_seen in seen.items():
        out |= _product(name, state[f"{name}.weight"], state[f"{name}.bias"], range_seen)
    for name, value in heads.state_dict().items():
        plain = value.float().numpy()
        if name.endswith("_in.weight"):  # the hidden layers are the heads' bulk
            out[f"heads.{name}"], out[f"heads.{name.replace('.weight', '.scale')}"] = packed.pack8(plain)
        else:
            out[f"heads.{name}"] = plain.astype(np.float16)
    return {k: np.ascontiguousarray(v) for k, v in out.items()}


def write(
    folder: Path,
    weights: dict[str, np.ndarray],
    encoder: dict[str, Any],
    tokenizer: Path,
    about: dict[str, Any],
) -> str:
    """Write the folder whole and return its model version. `about`: recipe, sets, calibration, notes."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / packed.MODEL, metadata={"format": "newsquake", "version": str(packed.FORMAT)})
    if tokenizer.resolve() != (folder / packed.TOKENIZER).resolve():
        shutil.copyfile(tokenizer, folder / packed.TOKENIZER)
    return packed.seal(folder, {"format": packed.FORMAT, "encoder": encoder, **about})
