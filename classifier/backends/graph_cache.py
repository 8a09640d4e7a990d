"""The graph made of the packed weights, kept on disk: built once a model version, then only read."""

import os
import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from classifier.network import graph, packed
from core.folders import cache_folder

_HASH = 32
_LEFT_OVER = re.compile(r"encoder-nq\d+-[0-9a-f]{12}-g\d+(-exact)?\.onnx")
"""What such a file was called before it began with its own hash: nobody reads those any more."""


def _whole(kept: Path) -> bytes | None:
    """What the file holds behind its own hash; None where it is not there, or damaged (by a power cut, say)."""
    try:
        with kept.open("rb") as file:
            known, content = file.read(_HASH), file.read()
    except OSError:
        return None
    return content if known == sha256(content).digest() else None


def _sweep(kept_in: Path) -> None:
    """Remove files of the old name (67 to 175 MB each for the shipped model); links and folders stay."""
    for file in list(kept_in.glob("encoder-*.onnx")):
        if _LEFT_OVER.fullmatch(file.name) and file.is_file() and not file.is_symlink():
            with suppress(OSError):  # an untidy folder costs its space, not the score
                file.unlink()


def graph_bytes(weights: Path, *, exact: bool = False) -> bytes:
    """Return the ONNX model of a weights folder, from the cache where it stands there whole.

    The file's name carries the model version and the graph's own format; it is written beside and renamed,
    so a reader never meets half a file. A full disk costs the cache, not the score.
    """
    config_version = packed.version(weights)
    kept = cache_folder() / f"encoder-{config_version}-g{graph.VERSION}{'-exact' if exact else ''}.graph"
    if (found := _whole(kept)) is not None:
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
        _sweep(kept.parent)
    return content
