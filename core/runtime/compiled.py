"""Compiled versions of a package's modules, used only while they match the sources beside them.

`scripts/compile.py` translates modules to C (mypyc) and puts the results into the package's folder `_compiled`, with a
stamp: the hash of each source, the list of sources, and the Python they are for. `use_compiled` reads the stamp when
the package is imported. If everything matches, imports of those modules load the compiled ones; if a source was edited
since, or the interpreter differs, the sources are imported. So a compiled file never shadows an edited source.

NEWSQUAKE_COMPILED=off disables them; a path there names another folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

FOLDER = "_compiled"
STAMP = "stamp.json"
VARIABLE = "NEWSQUAKE_COMPILED"


def source_hash(source: Path) -> str:
    """Hex SHA-256 of a source file. Raises OSError."""
    return hashlib.sha256(source.read_bytes()).hexdigest()


def source_names(folder: Path) -> list[str]:
    """Return the names of a folder's Python files, sorted: a folder compiled as a whole is stale once one is added."""
    return sorted(file.name for file in folder.glob("*.py"))


class Finder:
    """A meta path finder for compiled modules; other names are left to the finders behind it."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self.files = files

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a compiled module, None for any other name."""
        file = self.files.get(name)
        return None if file is None else spec_from_file_location(name, file)


def compiled_modules(package: Path, folder: Path) -> dict[str, Path]:
    """Module name -> file of the compiled modules in `folder`; {} unless all match the sources and this Python."""
    try:
        stamp = json.loads((folder / STAMP).read_text())
        for within, names in stamp["whole"].items():
            if source_names(package / within) != names:
                return {}
        if stamp["suffix"] != EXTENSION_SUFFIXES[0]:
            return {}
        for source, known in stamp["sources"].items():
            if source_hash(package / source) != known:
                return {}
        files = {name: folder / file for name, file in stamp["modules"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return files if all(file.is_file() for file in files.values()) else {}


def use_compiled(package: Path) -> bool:
    """Make imports from the package in this folder load its compiled modules; False where they do not match."""
    asked = os.environ.get(VARIABLE, "")
    if asked == "off":
        return False
    files = compiled_modules(package, Path(asked) if asked else package / FOLDER)
    if files:
        sys.meta_path.insert(0, Finder(files))
    return bool(files)
