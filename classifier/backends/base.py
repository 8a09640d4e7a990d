"""The protocol of a backend, and the choice of one."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from classifier.backends.instructions import has_int8_products
from core.errors import ConfigError


class Backend(Protocol):
    """Runs the encoder. Not thread-safe: one thread calls it."""

    name: str
    budget_tokens: int
    """Padded pieces a batch at which this runtime is fastest."""

    def run(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """ids int64 (rows, length), padded with 1; lengths (rows,) -> states float32 (rows, length, width).

        Blocks until done. States of padding are meaningless. Raises MemoryError where memory is short.
        """
        ...

    def stream(self, batches: Iterable[tuple[np.ndarray, np.ndarray]]) -> Iterator[np.ndarray]:
        """`run` over many (ids, lengths), in order. What is yielded may be overwritten when the next is asked for."""
        for ids, lengths in batches:
            yield self.run(ids, lengths)


def additive_mask(lengths: np.ndarray, length: int) -> np.ndarray:
    """float32 (rows, 1, 1, length): 0 where there is text, -10000 where there is padding."""
    empty = np.arange(length)[None, :] >= lengths[:, None]
    return np.where(empty, np.float32(-10_000), np.float32(0))[:, None, None, :]


def choose(device: str, folder: Path, threads: int) -> Backend:
    """Return the backend for `device`: auto, cpu, openvino, onnx, exact (float32 on CPU), cuda, torch.

    auto: torch on a CUDA card where both are there, else as cpu.
    cpu: OpenVINO where it is installed and the processor has int8 products, else ONNX Runtime.
    Raises ConfigError for a name not known or a runtime not installed.
    """
    if device in ("auto", "cuda", "torch"):
        from classifier.backends import torch as torch_backend

        if device != "auto" or torch_backend.has_cuda():
            return torch_backend.TorchBackend(folder, threads, "cuda" if device != "torch" else None)
    if device in ("auto", "cpu", "openvino"):
        from classifier.backends import openvino as openvino_backend

        if openvino_backend.installed() and (device == "openvino" or has_int8_products()):
            return openvino_backend.OpenVinoBackend(folder, threads)
        if device == "openvino":
            raise ConfigError("device openvino: the package is not installed (pip install openvino)")
    if device in ("auto", "cpu", "onnx", "exact"):
        from classifier.backends import onnx as onnx_backend

        return onnx_backend.OnnxBackend(folder, threads, exact=device == "exact")
    raise ConfigError(f"device {device!r}: expected auto, cpu, openvino, onnx, exact, cuda or torch")
