"""The weights' file: what is packed comes back, and the version is the content's."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from classifier.network import packed


def test_four_bits_come_back_within_half_a_step() -> None:
    matrix = np.random.default_rng(0).normal(size=(50, 64)).astype(np.float32)
    nibbles, scale = packed.pack4(matrix)
    back = packed.unpack4(nibbles, scale)
    step = np.repeat(np.abs(scale.astype(np.float32)), packed.BLOCK, axis=1)
    assert (np.abs(back - matrix) <= step * 1.001 + 1e-6).all()
    again = packed.unpack4(*packed.pack4(back))
    assert np.abs(again - back).max() < 1e-2


def test_eight_bits_come_back_within_half_a_step() -> None:
    matrix = np.random.default_rng(0).normal(size=(50, 64)).astype(np.float32)
    weight, scale = packed.pack8(matrix)
    assert (np.abs(weight * scale[:, None] - matrix) <= scale[:, None] / 2 + 1e-6).all()
    assert packed.pack8(np.zeros((2, 4)))[0].tolist() == [[0] * 4] * 2


def test_a_matrix_in_fortran_order_is_written_as_it_reads(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    matrix = np.asfortranarray(np.random.default_rng(0).normal(size=(3, 8)))
    weight, _ = packed.pack8(matrix)
    save_file({"w": weight}, tmp_path / "w.safetensors")
    assert (load_file(tmp_path / "w.safetensors")["w"] == weight).all()


def test_the_version_follows_from_the_content(tiny_weights: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_weights, copy)
    assert packed.version(copy) == packed.version(tiny_weights)
    config = json.loads((copy / packed.CONFIG).read_text())
    config["calibration"] = {"topic_threshold": 0.4}
    (copy / packed.CONFIG).write_text(json.dumps(config))
    assert packed.version(copy) != packed.version(tiny_weights)


def test_weights_of_another_format_are_refused(tiny_weights: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_weights, copy)
    config = json.loads((copy / packed.CONFIG).read_text()) | {"format": 99}
    (copy / packed.CONFIG).write_text(json.dumps(config))
    with pytest.raises(ValueError, match="format 99"):
        packed.read(copy)


def test_a_torn_file_and_one_that_lacks_are_named(tiny_weights: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_weights, copy)
    whole = (copy / packed.MODEL).read_bytes()
    (copy / packed.MODEL).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"model\.safetensors: damaged .*copy it again"):
        packed.read(copy)
    (copy / packed.TOKENIZER).unlink()
    with pytest.raises(FileNotFoundError, match=r"it has no tokenizer\.json"):
        packed.read(copy)
