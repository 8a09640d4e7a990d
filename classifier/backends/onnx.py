"""ONNX Runtime on CPU: the fallback where OpenVINO is not installed, and the float32 reference (`exact`)."""

from pathlib import Path

import numpy as np

from classifier.backends import cache
from classifier.backends.base import Backend, additive_mask


class OnnxBackend(Backend):
    """See base.Backend. `exact`: float32 products from the same weights, for tests and comparisons."""

    budget_tokens = 512

    def __init__(self, weights: Path, threads: int, *, exact: bool = False) -> None:
        import onnxruntime

        self.name = "onnx-fp32" if exact else "onnx-int8"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            cache.graph_bytes(weights, exact=exact), options, providers=["CPUExecutionProvider"]
        )

    def run(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        inputs = {"ids": ids, "mask": additive_mask(lengths, ids.shape[1])}
        states: np.ndarray = self._session.run(["states"], inputs)[0]
        return states
