"""Choose the backend for a device and a processor. The runtimes themselves are imported by the backend chosen."""

from pathlib import Path

from classifier.backends import onnx as onnx_backend
from classifier.backends import openvino as openvino_backend
from classifier.backends import torch as torch_backend
from classifier.backends.base import Backend
from classifier.backends.instructions import has_int8_products
from core.errors import ConfigError


def choose(device: str, folder: Path, threads: int) -> Backend:
    """The backend for `device`: auto, cpu, openvino, onnx, exact (float32 on CPU), cuda, torch.

    auto: torch on a CUDA card where both are there, else as cpu.
    cpu: OpenVINO where it is installed and the processor has int8 products, else ONNX Runtime.
    Raises ConfigError for an unknown name or a runtime that is not installed.
    """
    if device in ("auto", "cuda", "torch") and (device != "auto" or torch_backend.has_cuda()):
        return torch_backend.TorchBackend(folder, threads, "cuda" if device != "torch" else None)
    if device in ("auto", "cpu", "openvino"):
        if openvino_backend.installed() and (device == "openvino" or has_int8_products()):
            return openvino_backend.OpenVinoBackend(folder, threads)
        if device == "openvino":
            raise ConfigError("device openvino: the package is not installed (pip install openvino)")
    if device in ("auto", "cpu", "onnx", "exact"):
        return onnx_backend.OnnxBackend(folder, threads, exact=device == "exact")
    raise ConfigError(f"device {device!r}: expected auto, cpu, openvino, onnx, exact, cuda or torch")
