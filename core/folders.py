"""Folders that a command is to write into, tried before it does hours of work."""

from __future__ import annotations

import tempfile
from pathlib import Path

from core.errors import ConfigError


def writable(folder: Path, option: str) -> None:
    """Make `folder` where it lacks, and see that a file can be written there; `option` stands in the fault.

    Raises ConfigError in one line: read-only, not ours, a file, no place to make it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        what = error.strerror or str(error)
        raise ConfigError(
            f"{option} {folder}: nothing can be written there ({what}): name another folder"
        ) from error
