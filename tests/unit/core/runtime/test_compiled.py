"""Compiled twins are used where they fit the sources and the interpreter, and nowhere else."""

from __future__ import annotations

import json
import shutil
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from core.runtime import compiled


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of one module, and a stamp of its twin."""
    (tmp_path / "one.py").write_text("x = 1\n")
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds" / "first.py").write_text("")
    folder = tmp_path / compiled.FOLDER
    folder.mkdir()
    (folder / "one.so").write_bytes(b"")
    stamp = {
        "suffix": EXTENSION_SUFFIXES[0],
        "whole": {"kinds": ["first.py"]},
        "sources": {"one.py": compiled.source_hash(tmp_path / "one.py")},
        "modules": {"pack.one": "one.so"},
    }
    (folder / compiled.STAMP).write_text(json.dumps(stamp))
    return tmp_path


def fit(package: Path) -> dict[str, Path]:
    return compiled.compiled_modules(package, package / compiled.FOLDER)


def test_what_fits_is_found(package: Path) -> None:
    assert fit(package) == {"pack.one": package / compiled.FOLDER / "one.so"}


@pytest.mark.parametrize("change", ["source", "gone", "twin", "suffix", "stamp", "folder", "another"])
def test_what_does_not_fit_leaves_the_sources_to_run(package: Path, change: str) -> None:
    stamp = package / compiled.FOLDER / compiled.STAMP
    if change == "source":
        (package / "one.py").write_text("x = 2\n")
    elif change == "gone":
        (package / "one.py").unlink()
    elif change == "twin":
        (package / compiled.FOLDER / "one.so").unlink()
    elif change == "suffix":
        stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "suffix": ".another.so"}))
    elif change == "another":  # a kind that somebody adds inherits from what is compiled, and cannot
        (package / "kinds" / "second.py").write_text("")
    elif change == "stamp":
        stamp.write_text("[1, 2")
    else:
        shutil.rmtree(package / compiled.FOLDER)
    assert fit(package) == {}
