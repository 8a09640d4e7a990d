"""OpenVINO on CPU: the int8 graph, one stream a thread. With VNNI or AMX 2 to 4 times as fast as ONNX Runtime.

Batches run side by side, each on one core: a layer of ours is too small to be shared between cores without waiting
at its end (1.29 times the texts a second on two cores, docs/model-log.md).
"""

from collections import deque
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from classifier.backends import graph_cache
from classifier.backends.base import Backend, additive_mask


def installed() -> bool:
    """Whether the runtime can be imported."""
    return find_spec("openvino") is not None


class OpenVinoBackend(Backend):
    """See base.Backend."""

    name = "openvino-int8"
    budget_tokens = 256

    def __init__(self, weights: Path, threads: int) -> None:
        import openvino

        core = openvino.Core()
        model = core.read_model(graph_cache.graph_bytes(weights), b"")
        # f32 for what is not int8: the default would be bf16 on some machines, and scores would differ there.
        settings = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": threads,
            "INFERENCE_PRECISION_HINT": "f32",
        }
        compiled = compiled_model(core, model, settings)
        # one more than there are streams: while the caller reads a batch's states, none of them waits
        self._requests = [compiled.create_infer_request() for _ in range(threads + 1)]

    def run(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        return next(self.stream([(ids, lengths)])).copy()

    def stream(self, batches: Iterable[tuple[np.ndarray, np.ndarray]]) -> Iterator[np.ndarray]:
        free, busy = list(self._requests), deque[tuple[Any, Any]]()
        try:
            for ids, lengths in batches:
                if not free:
                    yield _states(busy[0][0])
                    free.append(busy.popleft()[0])
                request, inputs = free.pop(), {"ids": ids, "mask": additive_mask(lengths, ids.shape[1])}
                request.start_async(inputs, share_inputs=True)
                busy.append((request, inputs))  # shared: they have to live until it is done
            while busy:
                yield _states(busy[0][0])
                busy.popleft()
        finally:  # left early, by a fault or by the caller: nothing may run on inputs that are gone
            for request, _ in busy:
                request.wait()


def compiled_model(core: Any, model: Any, settings: dict[str, Any]) -> Any:
    """The model compiled for the CPU, its attention by oneDNN where the runtime lets us choose.

    SNIPPETS_MODE is a property of OpenVINO's own tests: the generated attention kernels it turns off are slower than
    oneDNN's on texts as short as ours. A runtime without it compiles as it likes: slower, the same scores.
    """
    try:
        return core.compile_model(model, "CPU", {**settings, "SNIPPETS_MODE": "DISABLE"})
    except RuntimeError:
        return core.compile_model(model, "CPU", settings)


def _states(request: Any) -> np.ndarray:
    """Wait for a request; return a view of what it holds."""
    request.wait()
    states: np.ndarray = request.get_output_tensor(0).data
    return states
