"""Compiled twins of a package's modules, used while they are those of the very sources beside them.

`scripts/compile.py` translates modules to C (mypyc) and puts the results into the package's folder `_compiled`, with a
stamp: the hash of each source, which there are, and for which Python. `use` looks at the stamp when the package is
imported. If all agrees, imports of those modules find the compiled ones; if a source was changed since, or the
interpreter is another, nothing does, and the sources run as ever. So a compiled file never shadows a source that
somebody edits.

NEWSQUAKE_COMPILED=off leaves them unused; a path there names another folder.
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


def digest(source: Path) -> str:
    """What a source is recognised by."""
    return hashlib.sha256(source.read_bytes()).hexdigest()


def listed(folder: Path) -> list[str]:
    """The sources of a folder that is compiled as a whole: one more, and it has to be compiled again."""
    return sorted(file.name for file in folder.glob("*.py"))


class Finder:
    """Finds compiled modules by name; everything else is left to the finders behind it."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self.files = files

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where the module `name` is loaded from, or None."""
        file = self.files.get(name)
        return None if file is None else spec_from_file_location(name, file)


def found(package: Path, folder: Path) -> dict[str, Path]:
    """Compiled modules of `package` in `folder`, by name; {} unless all of them fit its sources and this Python."""
    try:
        stamp = json.loads((folder / STAMP).read_text())
        for within, names in stamp["whole"].items():
            if listed(package / within) != names:
                return {}
        if stamp["suffix"] != EXTENSION_SUFFIXES[0]:
            return {}
        for source, known in stamp["sources"].items():
            if digest(package / source) != known:
                return {}
        files = {name: folder / file for name, file in stamp["modules"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return files if all(file.is_file() for file in files.values()) else {}


def use(package: Path) -> bool:
    """Let imports of the package in this folder find its compiled modules, where they fit; returns whether they do."""
    asked = os.environ.get(VARIABLE, "")
    if asked == "off":
        return False
    files = found(package, Path(asked) if asked else package / FOLDER)
    if files:
        sys.meta_path.insert(0, Finder(files))
    return bool(files)
