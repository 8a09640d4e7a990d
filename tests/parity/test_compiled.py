"""Compiled, the desk decides what it decides as plain Python: every output over fixed streams, byte for byte."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="needs a C compiler"),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compiled") / "twins"
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "compile.py", "--into", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if "Python.h" in done.stderr:
        pytest.skip("needs Python's headers")
    assert done.returncode == 0, done.stderr
    return folder


def run(code: list[str], twins: Path | str) -> str:
    environment = {**os.environ, "NEWSQUAKE_COMPILED": str(twins)}
    done = subprocess.run(
        [sys.executable, *code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout


def test_they_are_what_runs(twins: Path) -> None:
    shown = ["-c", "import alerts, alerts.desk; print(alerts.COMPILED, alerts.desk.__file__)"]
    assert run(shown, twins).startswith(f"True {twins}")
    assert run(shown, "off").startswith(f"False {ROOT}")


def test_every_output_is_the_same(twins: Path) -> None:
    code = ["-m", "bench.same", "--articles", "4000"]
    plain = run(code, "off")
    assert "alerts.jsonl" in plain
    assert run(code, twins) == plain
