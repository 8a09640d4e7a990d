"""The runtimes agree with one another, and the cache never costs a score."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from classifier.backends import graph_cache
from classifier.backends.base import additive_mask
from classifier.backends.choose import choose
from classifier.backends.instructions import has_int8_products
from classifier.network import packed
from core.errors import ConfigError

IDS = np.array([[0, 4, 5, 6, 2, 1, 1, 1], [0, 7, 8, 9, 10, 11, 12, 2]])
LENGTHS = np.array([5, 8])


def states(device: str, weights: Path) -> np.ndarray:
    hidden = choose(device, weights, 1).run(IDS, LENGTHS)
    return np.concatenate([hidden[0, :5], hidden[1, :8]])


def test_openvino_and_onnx_runtime_agree_on_the_int8_graph(tiny_weights: Path) -> None:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    assert np.abs(states("openvino", tiny_weights) - states("onnx", tiny_weights)).max() < 0.1


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("device", ["openvino", "onnx", "torch"])
def test_many_batches_come_back_in_order_and_as_if_alone(
    tiny_weights: Path, device: str, threads: int
) -> None:
    pytest.importorskip("onnxruntime" if device == "onnx" else device)
    backend = choose(device, tiny_weights, threads)
    batches = [(np.roll(IDS, k, axis=0), np.roll(LENGTHS, k)) for k in range(7)]
    batches += [(IDS[:, :5], np.array([5, 5])), (IDS[:1], LENGTHS[:1])]
    streamed = [hidden.copy() for hidden in backend.stream(batches)]
    for (ids, lengths), hidden in zip(batches, streamed, strict=True):
        alone = backend.run(ids, lengths)
        for row, length in enumerate(lengths):
            np.testing.assert_array_equal(hidden[row, :length], alone[row, :length])


@pytest.mark.parametrize("device", ["openvino", "onnx", "torch"])
def test_a_stream_left_early_leaves_the_backend_usable(tiny_weights: Path, device: str) -> None:
    pytest.importorskip("onnxruntime" if device == "onnx" else device)
    backend = choose(device, tiny_weights, 2)
    expected = backend.run(IDS, LENGTHS)
    left = backend.stream([(IDS, LENGTHS)] * 9)
    next(left)
    del left

    def broken() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        yield IDS, LENGTHS
        raise MemoryError("no room for the second batch")

    with pytest.raises(MemoryError):
        list(backend.stream(broken()))
    np.testing.assert_array_equal(backend.run(IDS, LENGTHS)[1], expected[1])


@pytest.mark.parametrize(
    ("cpuinfo", "found"),
    [
        ("model name\t: x\nflags\t\t: fpu fma avx2 bmi2\n", False),
        ("flags\t\t: fpu avx2 avx_vnni\n", True),
        ("flags\t\t: fpu avx512f avx512_vnni amx_int8\n", True),
        ("processor\t: 0\nFeatures\t: fp asimd\n", True),  # not an x86: nobody can tell
        ("", True),
    ],
)
def test_int8_products_are_told_by_the_processor_s_flags(tmp_path: Path, cpuinfo: str, found: bool) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    assert has_int8_products(tmp_path / "cpuinfo") is found
    assert has_int8_products(tmp_path / "none")


@pytest.mark.parametrize(("products", "name"), [(True, "openvino-int8"), (False, "onnx-int8")])
def test_the_runtime_follows_the_processor_unless_told(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch, products: bool, name: str
) -> None:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    monkeypatch.setattr("classifier.backends.choose.has_int8_products", lambda: products)
    assert choose("cpu", tiny_weights, 1).name == name
    assert choose("openvino", tiny_weights, 1).name == "openvino-int8"


def test_int8_stays_near_float32(tiny_weights: Path) -> None:
    exact, quick = states("exact", tiny_weights), states("onnx", tiny_weights)
    cosine = (exact * quick).sum(1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(quick, axis=1)
    assert cosine.min() > 0.98


def test_torch_agrees_with_the_float32_graph(tiny_weights: Path) -> None:
    pytest.importorskip("torch", reason="torch is not installed (extra gpu or train)")
    assert np.abs(states("torch", tiny_weights) - states("exact", tiny_weights)).max() < 1e-3


def test_torch_has_the_next_batch_under_way_when_one_is_read(tiny_weights: Path) -> None:
    pytest.importorskip("torch", reason="torch is not installed (extra gpu or train)")
    taken: list[int] = []

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for k in range(4):
            taken.append(k)
            yield IDS, LENGTHS

    ahead = [len(taken) for _ in choose("torch", tiny_weights, 1).stream(batches())]
    assert ahead == [2, 3, 4, 4]
    assert list(choose("torch", tiny_weights, 1).stream([])) == []


def test_the_mask_hides_padding_and_nothing_else() -> None:
    mask = additive_mask(np.array([1, 3]), 3)[:, 0, 0]
    assert mask.tolist() == [[0, -10_000, -10_000], [0, 0, 0]]


def test_an_unknown_device_is_a_configuration_error(tiny_weights: Path) -> None:
    with pytest.raises(ConfigError, match="tpu"):
        choose("tpu", tiny_weights, 1)


def test_the_graph_is_built_once_and_then_read(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NEWSQUAKE_CACHE", str(tmp_path))
    first = graph_cache.graph_bytes(tiny_weights)
    monkeypatch.setattr(graph_cache.graph, "build", lambda *_, **__: pytest.fail("built twice"))
    assert graph_cache.graph_bytes(tiny_weights) == first
    assert packed.version(tiny_weights) in next(tmp_path.iterdir()).name


def test_a_damaged_graph_is_built_anew(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NEWSQUAKE_CACHE", str(tmp_path))
    first = graph_cache.graph_bytes(tiny_weights)
    [kept] = tmp_path.iterdir()
    for damaged in (kept.read_bytes()[:1_000], b"", kept.read_bytes()[:-1] + b"?"):
        kept.write_bytes(damaged)
        assert graph_cache.graph_bytes(tiny_weights) == first
        assert kept.read_bytes() != damaged


def test_graphs_of_the_old_name_go_when_a_new_one_is_written_and_nothing_else_does(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = tmp_path / "cache"
    kept.mkdir()
    monkeypatch.setenv("NEWSQUAKE_CACHE", str(kept))
    old = ["encoder-nq1-2bc93fe0501e-g3.onnx", "encoder-nq1-93c783e60f8c-g3-exact.onnx"]
    others = ["encoder-nq1-2bc93fe0501e-g3.onnx.bak", "encoder-mine.onnx", "model.onnx", "scores.db"]
    for name in old + others:
        (kept / name).write_text("x")
    (tmp_path / "elsewhere.onnx").write_text("mine")
    (kept / "encoder-nq1-000000000000-g3.onnx").symlink_to(tmp_path / "elsewhere.onnx")
    (kept / "encoder-nq1-111111111111-g3.onnx").mkdir()
    before = set(kept.iterdir())
    graph_cache.graph_bytes(tiny_weights)
    assert {path.name for path in before - set(kept.iterdir())} == set(old)
    [made] = set(kept.iterdir()) - before
    (kept / old[0]).write_text("of an older Newsquake that runs beside this one")
    graph_cache.graph_bytes(tiny_weights)  # only read: nothing is tidied behind another's back
    assert made.exists() and (kept / old[0]).exists()


def test_a_cache_that_cannot_be_written_costs_nothing(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("NEWSQUAKE_CACHE", str(blocked))
    assert graph_cache.graph_bytes(tiny_weights)


def test_a_runtime_without_the_attention_switch_is_compiled_plainly() -> None:
    from classifier.backends.openvino import compiled_model

    class Core:
        asked: ClassVar[list[dict[str, Any]]] = []

        def compile_model(self, model: str, device: str, settings: dict[str, Any]) -> str:
            self.asked.append(settings)
            if "SNIPPETS_MODE" in settings:
                raise RuntimeError("[ NOT_FOUND ] Unsupported property SNIPPETS_MODE by CPU plugin.")
            return f"{model} on {device}"

    assert compiled_model(Core(), "graph", {"NUM_STREAMS": 2}) == "graph on CPU"
    assert Core.asked == [{"NUM_STREAMS": 2, "SNIPPETS_MODE": "DISABLE"}, {"NUM_STREAMS": 2}]
