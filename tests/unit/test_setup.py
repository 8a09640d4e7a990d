"""What a newcomer types works from a fresh clone: the targets are there, every dependency has its version."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ("demo", "test", "check", "bench", "chaos", "kafka", "kafka-stop", "screenshots", "install")


def pinned() -> set[str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return {re.split(r"==", line)[0].lower().replace("_", "-") for line in lines if line}


def test_the_few_commands_to_know_are_targets() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in TARGETS:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("extra", ["", "dev", "gpu"])
def test_every_dependency_has_a_version_in_the_constraints(extra: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["optional-dependencies"][extra] if extra else project["dependencies"]
    names = {re.split(r"[\[<>=!~; ]", item)[0].lower().replace("_", "-") for item in wanted}
    assert names - pinned() == set()


def test_the_constraints_name_versions_and_no_place() -> None:
    text = (ROOT / "constraints.txt").read_text()
    assert "://" not in text
    assert "--" not in text
    assert all("==" in line for line in text.splitlines() if line)


def test_what_is_run_before_installing_needs_the_standard_library_only() -> None:
    for script in ("install.py", "kafka.py"):
        code = f"import sys; sys.path[:0] = [{str(ROOT / 'scripts')!r}]; import {script[:-3]}"
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_an_older_python_is_told_so() -> None:
    place = str(ROOT / "scripts")
    code = f"import sys; sys.path[:0] = [{place!r}]; import install; sys.version_info = (3, 10, 0); sys.argv = ['x'];"
    code += "sys.exit(install.main())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "needs Python 3.11" in done.stderr


def test_ci_runs_what_the_readme_tells_people_to_run() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "make --no-print-directory test" in script
    for tool in ("ruff check", "ruff format --check", "mypy", "lint-imports", "--cov"):
        assert tool in script


def test_no_unit_or_property_test_sleeps() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for folder in ("unit", "property")
        for file in (ROOT / "tests" / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("time.sleep", "sleep", "asyncio.sleep")
    ]
    assert not found, "wait for what is to happen: tests/support/waiting.py"
