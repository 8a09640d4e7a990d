"""torch: bf16 on a CUDA card (packed tokens, SDPA), float32 on CPU. Needs the extra `gpu`.

GPU speed: docs/model-log.md.
"""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from classifier.backends.base import Backend
from classifier.extras import how
from classifier.network import packed
from core.errors import ConfigError


def has_cuda() -> bool:
    """Whether torch is installed and finds a CUDA device."""
    if find_spec("torch") is None:
        return False
    import torch

    return bool(torch.cuda.is_available())


def encoder_state(tensors: dict[str, np.ndarray], layers: int) -> dict[str, np.ndarray]:
    """The float32 state dict of network.model.Encoder, unpacked from `tensors`. Raises KeyError for a missing one."""
    state = {
        "word.weight": packed.unpack4(tensors["word.q4"], tensors["word.scale"]),
        "position.weight": tensors["position.weight"].astype(np.float32),
        "token_type": tensors["token_type"].astype(np.float32),
        "norm.weight": tensors["norm.weight"],
        "norm.bias": tensors["norm.bias"],
    }
    for i in range(layers):
        for part in ("qkv", "out", "up", "down"):
            at = f"layers.{i}.{part}"
            state[f"{at}.weight"], state[f"{at}.bias"] = packed.whole(tensors, at), tensors[f"{at}.bias"]
        for name in tensors:
            if name.startswith(f"layers.{i}.adapter."):
                state[name] = tensors[name].astype(np.float32)
        for part in ("norm_attention", "norm_out"):
            for kind in ("weight", "bias"):
                state[f"layers.{i}.{part}.{kind}"] = tensors[f"layers.{i}.{part}.{kind}"]
    return state


class TorchBackend(Backend):
    """See base.Backend. `device` None: the CPU."""

    def __init__(self, weights: Path, threads: int, device: str | None) -> None:
        if find_spec("torch") is None:
            raise ConfigError(f"device cuda or torch needs the extra gpu: {how('gpu')}")
        import torch

        from classifier.network.model import Encoder, add_adapters

        if device == "cuda" and not torch.cuda.is_available():
            raise ConfigError("device cuda: torch sees no CUDA card; use device auto or cpu")
        tensors, config = packed.read(weights)
        encoder = Encoder(config["encoder"])
        state = encoder_state(tensors, config["encoder"]["num_hidden_layers"])
        add_adapters(encoder, state)
        encoder.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()})
        self._torch, self._device = torch, torch.device(device or "cpu")
        if device:
            self.name, self.budget_tokens = "torch-bf16", 32_768
            encoder = encoder.to(self._device, torch.bfloat16)
        else:
            self.name, self.budget_tokens = "torch-fp32", 2_048
            torch.set_num_threads(threads)
        self._encoder = encoder.eval()

    def run(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        return _fetch(self._issue(ids, lengths))

    def stream(self, batches: Iterable[tuple[np.ndarray, np.ndarray]]) -> Iterator[np.ndarray]:
        # One batch ahead: while the caller reads a batch's states, a card has the next one to do.
        issued: _Issued | None = None
        for ids, lengths in batches:
            following = self._issue(ids, lengths)
            if issued is not None:
                yield _fetch(issued)
            issued = following
        if issued is not None:
            yield _fetch(issued)

    def _issue(self, ids: np.ndarray, lengths: np.ndarray) -> "_Issued":
        """Start a batch; on a card nothing is waited for."""
        torch = self._torch
        inside = np.arange(ids.shape[1])[None, :] < lengths[:, None]
        with torch.inference_mode():
            flat = torch.from_numpy(ids[inside])
            if self._device.type != "cuda":
                return _Issued(inside, self._encoder(flat, lengths.tolist()).float())
            flat = flat.pin_memory().to(self._device, non_blocking=True)
            states = self._encoder(flat, lengths.tolist()).float()
            # Queued here, behind this batch alone: a copy asked for later would wait for the next batch too.
            host = torch.empty(states.shape, dtype=states.dtype, pin_memory=True)
            host.copy_(states, non_blocking=True)
            done = torch.cuda.Event()
            done.record()
        return _Issued(inside, host, done)


class _Issued(NamedTuple):
    """A batch on its way: where its texts are (rows, length), their states, the event behind these."""

    inside: np.ndarray
    states: Any
    done: Any = None


def _fetch(issued: _Issued) -> np.ndarray:
    """Wait for a batch; return its states (rows, length, width)."""
    if issued.done is not None:
        issued.done.synchronize()
    states = issued.states.numpy()
    out = np.zeros((*issued.inside.shape, states.shape[-1]), np.float32)
    out[issued.inside] = states
    return out
