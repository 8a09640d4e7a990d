"""Folders to write into: the cache, and those that a command names, tried before hours of work."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs

from core.errors import ConfigError


def writable(folder: Path, option: str) -> None:
    """Create `folder` if needed, and check that a file can be written there.

    Raises ConfigError (one line that names `option`) where it cannot: read-only, no permission, a file, a full disk.
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


def cache_folder() -> Path:
    """Return a writable folder for caches: $NEWSQUAKE_CACHE, else the user's cache, else a temporary one."""
    wanted = os.environ.get("NEWSQUAKE_CACHE")
    choices = [Path(wanted)] if wanted else []
    choices += [
        Path(platformdirs.user_cache_dir("newsquake")),
        Path(tempfile.gettempdir()) / "newsquake-cache",
    ]
    for choice in choices:
        try:
            choice.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=choice):
                return choice
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="newsquake-"))
