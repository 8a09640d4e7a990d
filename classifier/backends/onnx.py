"""ONNX Runtime on CPU: for processors without int8 products, and the float32 reference (`exact`).

Batches run side by side, each on one core, as with OpenVINO; nothing spins while it waits for another core.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from classifier.backends import graph_cache
from classifier.backends.base import Backend, additive_mask


class OnnxBackend(Backend):
    """See base.Backend. `exact`: float32 products from the same weights, for tests and comparisons."""

    budget_tokens = 512

    def __init__(self, weights: Path, threads: int, *, exact: bool = False) -> None:
        import onnxruntime

        self.name = "onnx-fp32" if exact else "onnx-int8"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            graph_cache.graph_bytes(weights, exact=exact), options, providers=["CPUExecutionProvider"]
        )
        self._threads = threads

    def run(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        inputs = {"ids": ids, "mask": additive_mask(lengths, ids.shape[1])}
        states: np.ndarray = self._session.run(["states"], inputs)[0]
        return states

    def stream(self, batches: Iterable[tuple[np.ndarray, np.ndarray]]) -> Iterator[np.ndarray]:
        busy = deque[Future[np.ndarray]]()
        with ThreadPoolExecutor(self._threads) as pool:  # left early: waits for what runs
            for ids, lengths in batches:
                # one more than there are threads: while the caller reads a batch's states, none of them waits
                if len(busy) > self._threads:
                    yield busy.popleft().result()
                busy.append(pool.submit(self.run, ids, lengths))
            while busy:
                yield busy.popleft().result()
