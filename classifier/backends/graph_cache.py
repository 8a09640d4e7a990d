"""The ONNX graph built from the packed weights, cached on disk: built once per model version."""

import os
import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from classifier.network import graph, packed
from core.folders import cache_folder

_HASH = 32
_LEFT_OVER = re.compile(r"encoder-nq\d+-[0-9a-f]{12}-g\d+(-exact)?\.onnx")
"""File names of an earlier format, which nothing reads any more."""


def _read_checked(kept: Path) -> bytes | None:
    """The content behind the file's own hash; None where the file is missing or damaged (by a power cut, say)."""
    try:
        with kept.open("rb") as file:
            known, content = file.read(_HASH), file.read()
    except OSError:
        return None
    return content if known == sha256(content).digest() else None


def _remove_old(kept_in: Path) -> None:
    """Remove files of the earlier format (67 to 175 MB each for the shipped model); links and folders stay."""
    for file in list(kept_in.glob("encoder-*.onnx")):
        if _LEFT_OVER.fullmatch(file.name) and file.is_file() and not file.is_symlink():
            with suppress(OSError):  # a file that cannot be removed only costs space
                file.unlink()


def graph_bytes(weights: Path, *, exact: bool = False) -> bytes:
    """The serialized ONNX model of a weights folder, from the cache where it holds an intact copy.

    The file's name carries the model version and the graph's format. It is written under another name and renamed, so
    a reader never sees a partial file; where it cannot be written, the graph is returned uncached.
    """
    config_version = packed.version(weights)
    kept = cache_folder() / f"encoder-{config_version}-g{graph.VERSION}{'-exact' if exact else ''}.graph"
    if (found := _read_checked(kept)) is not None:
        return found
    tensors, config = packed.read(weights)
    content: bytes = graph.build(tensors, config, exact=exact).SerializeToString()
    part = kept.with_suffix(f".{os.getpid()}.part")
    try:
        part.write_bytes(sha256(content).digest() + content)
        part.replace(kept)
    except OSError:
        part.unlink(missing_ok=True)
    else:
        _remove_old(kept.parent)
    return content
