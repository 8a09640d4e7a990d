"""The shipped weights' file: one safetensors of encoder int8, word pieces 4-bit, heads float16/32.

Names: `word.q4` + `word.scale` (blocks of 32: low nibbles first; weight = (nibble - 8) * scale),
`layers.N.{qkv,out,up,down}.{weight,scale,bias,input}` (weight int8 (out, in), scale float32 (out,),
`input` float32 (2,): the activation's static step and zero point), everything else as it is.
`smooth` (in,) where there is one: the activation is divided by it before it is quantised, and the weight
was multiplied by it.
`keep` (k,) and `kept` float16 (out, k) where there are: input channels so large that they would take the whole
range; they stay out of the integers (their columns of `weight` are 0) and are multiplied in float beside them.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

BLOCK = 32
FORMAT = 1
MODEL, CONFIG, TOKENIZER = "model.safetensors", "config.json", "tokenizer.json"


def pack4(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (nibbles uint8 (rows, blocks, 16), scales float16 (rows, blocks)) of a float matrix."""
    blocks = matrix.reshape(len(matrix), -1, BLOCK).astype(np.float32)
    far = np.take_along_axis(blocks, np.abs(blocks).argmax(-1)[..., None], -1)[..., 0]
    scale = (far / -8).astype(np.float16)
    safe = np.where(scale == 0, np.float16(1), scale).astype(np.float32)
    steps = np.clip(np.round(blocks / safe[..., None]) + 8, 0, 15).astype(np.uint8)
    return steps[..., : BLOCK // 2] | (steps[..., BLOCK // 2 :] << 4), scale


def unpack4(nibbles: np.ndarray, scale: np.ndarray, dtype: Any = np.float32) -> np.ndarray:
    """Inverse of pack4: a matrix (rows, blocks * 32)."""
    steps = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8
    steps *= scale.astype(np.float32)[..., None]
    return np.ascontiguousarray(steps.reshape(len(nibbles), -1).astype(dtype))


def pack8(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (int8 (out, in), float32 scale (out,)) of a weight matrix, symmetric per output channel."""
    scale = np.maximum(np.abs(matrix).max(axis=1), 1e-8).astype(np.float32) / 127
    steps = np.clip(np.round(matrix / scale[:, None]), -127, 127).astype(np.int8)
    return np.ascontiguousarray(
        steps
    ), scale  # safetensors writes a Fortran-ordered array's bytes as they lie


def whole(tensors: dict[str, np.ndarray], name: str) -> np.ndarray:
    """The float32 weight (out, in) of a packed product, as it would be without smoothing and kept channels."""
    weight: np.ndarray = tensors[f"{name}.weight"].astype(np.float32) * tensors[f"{name}.scale"][:, None]
    if f"{name}.smooth" in tensors:
        weight = weight / tensors[f"{name}.smooth"].astype(np.float32)[None, :]
    if f"{name}.keep" in tensors:
        weight[:, tensors[f"{name}.keep"]] = tensors[f"{name}.kept"].astype(np.float32)
    return weight


def read(folder: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return (tensors, config) of a weights folder. Raises FileNotFoundError, or ValueError: wrong format, damaged."""
    for name in (CONFIG, MODEL, TOKENIZER):
        if not (folder / name).is_file():
            raise FileNotFoundError(f"{folder}: it has no {name}; a weights folder has three files")
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    if config.get("format") != FORMAT:
        raise ValueError(f"{folder}: weights of format {config.get('format')}, this code reads {FORMAT}")
    try:
        return load_file(folder / MODEL), config
    except SafetensorError as error:
        raise ValueError(f"{folder / MODEL}: damaged ({error}); copy it again") from error


def version(folder: Path) -> str:
    """Return the hash-based version of a weights folder: tensors, tokenizer and config (less itself)."""
    digest = hashlib.sha256()
    for name in (MODEL, TOKENIZER):
        digest.update((folder / name).read_bytes())
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    config.pop("model_version", None)
    digest.update(json.dumps(config, sort_keys=True).encode())
    return f"nq{FORMAT}-{digest.hexdigest()[:12]}"


def seal(folder: Path, config: dict[str, Any]) -> str:
    """Write config.json with the version that follows from the folder's content; return the version."""
    path = folder / CONFIG
    (folder / MODEL).chmod(0o644)
    path.write_text(json.dumps(config, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    config["model_version"] = version(folder)
    path.write_text(json.dumps(config, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return str(config["model_version"])
