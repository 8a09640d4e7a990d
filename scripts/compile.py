"""Compile the modules that every article passes through (mypyc): the same results, half as fast again.

    .venv/bin/python scripts/compile.py [--into FOLDER]      (or: make fast)

Needs a C compiler, Python's headers, and mypy and setuptools (`make dev` brings both). What was compiled is used as
long as the sources stay as they are (core/runtime/compiled.py); after a change the sources run, until this is called
again.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from core.runtime.compiled import FOLDER, STAMP, compiled_modules, source_hash, source_names  # noqa: E402

PACKAGE = ROOT / "alerts"
WHOLE = "detectors"
MODULES = (
    "baselines/calendar", "baselines/counts", "baselines/market_baseline", "baselines/memory", "baselines/rhythm",
    "baselines/series_state",
    "engine/desk", "engine/duplicates", "engine/evaluator", "engine/immediate", "engine/open_panes",
    "engine/pane_closer", "engine/plan", "engine/rule_runner", "engine/rule_threshold", "engine/rule_timers",
    "engine/schedule", "engine/source_coverage", "engine/window_reader",
    "lifecycle/alert_line", "lifecycle/incidents", "lifecycle/transitions", "stories/book",
    "stories/codec", "stories/comparison", "stories/decision", "stories/entry", "stories/facts", "stories/index",
    "stories/keys", "stories/lookup", "stories/rows", "stories/similarity", "stories/story", "windows/breadth",
    "windows/naming", "windows/observations", "windows/recent_panes", "windows/rolling",
    # the detectors, also one that somebody adds
    *sorted(
        f"{WHOLE}/{file.stem}"
        for file in (PACKAGE / WHOLE).glob("*.py")
        if file.stem not in ("__init__", "context", "registry")
    ),
)  # fmt: skip
BUILD = """
from mypyc.build import mypycify
from setuptools import setup
setup(name="compiled", script_args=["-q", "build_ext", "--inplace"], ext_modules=mypycify(
    ["--config-file=", "--ignore-missing-imports", "--follow-imports=silent", *{files!r}], opt_level="3"))
"""


class Failed(Exception):
    """The message says what a person must do."""


def build(into: Path) -> None:
    """Compile in a copy of the sources, and move the results into place whole. Raises Failed."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "src"
        for package in ("alerts", "core"):
            shutil.copytree(
                ROOT / package, copy / package, ignore=shutil.ignore_patterns(FOLDER, "__pycache__", "*.so")
            )
        # Contracted products (FMA) would round otherwise than Python does.
        flags = f"{os.environ.get('CFLAGS', '')} -ffp-contract=off -w".strip()
        done = subprocess.run(
            [sys.executable, "-c", BUILD.format(files=[f"alerts/{name}.py" for name in MODULES])],
            cwd=copy,
            env={**os.environ, "CFLAGS": flags, "PYTHONPATH": str(copy)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = (done.stdout + done.stderr).strip().splitlines()
            raise Failed("\n".join(said[-12:]))
        _move(copy, into)


def _move(copy: Path, into: Path) -> None:
    suffix = EXTENSION_SUFFIXES[0]
    fresh = into.with_name(f"{into.name}.{os.getpid()}")
    fresh.mkdir(parents=True)
    modules = {}
    shutil.rmtree(copy / "build", ignore_errors=True)
    for file in sorted(copy.rglob(f"*{suffix}")):
        name = ".".join(file.relative_to(copy).parts).removesuffix(suffix)
        modules[name] = f"{name}{suffix}"
        shutil.copy2(file, fresh / modules[name])
    sources = {f"{name}.py": source_hash(copy / "alerts" / f"{name}.py") for name in MODULES}
    whole = {WHOLE: source_names(copy / "alerts" / WHOLE)}
    (fresh / STAMP).write_text(
        json.dumps({"suffix": suffix, "whole": whole, "sources": sources, "modules": modules}, indent=1)
    )
    shutil.rmtree(into, ignore_errors=True)
    fresh.rename(into)


def main() -> int:
    """The command line: 0 compiled (or nothing to do), 1 not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, default=PACKAGE / FOLDER)
    into = parser.parse_args().into
    if compiled_modules(PACKAGE, into):
        print(f"==> compiled already: {into}", file=sys.stderr)
        return 0
    if not any(map(shutil.which, ("cc", "gcc", "clang"))):
        print(
            "no C compiler (Debian: apt install gcc python3-dev); everything runs uncompiled", file=sys.stderr
        )
        return 1
    print("==> compiling (half a minute)", file=sys.stderr, flush=True)
    started = time.monotonic()
    try:
        build(into)
    except Failed as error:
        print(f"{error}\nnot compiled; everything runs uncompiled", file=sys.stderr)
        return 1
    print(f"==> compiled {len(MODULES)} modules in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
