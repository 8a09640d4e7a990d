"""Docs cannot rot: what they name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsquake.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("alerts/templates/*.yaml")])
PAGES = [page for page in PAGES if not page.name.startswith("LEAD-NOTICE")]
_PATH = re.compile(r"\b((?:docs|tests|bench|scripts)/[\w./*-]*[\w*/])")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    named = {match.rstrip(".") for match in _PATH.findall(page.read_text(encoding="utf-8"))}
    missing = sorted(
        name for name in named if not list(ROOT.glob(name.rstrip("/"))) and not re.search("NNNN|KIND", name)
    )
    missing = [name for name in missing if not list(ROOT.glob(f"{name}*"))]
    assert not missing, f"{page.name} names what is not there: {missing}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_shows_exists(page: Path) -> None:
    starts = {command.split(" ")[0] for command in COMMANDS}
    shown = re.findall(
        r"(?:\.venv/bin/newsquake|`newsquake) ([a-z][a-z-]*)", page.read_text(encoding="utf-8")
    )
    assert not [word for word in shown if word not in starts]


_MODULE = re.compile(
    r"(?<![\w/])((?:ingest|classifier|alerts|backtest|core|dashboard|newsquake)/[\w./]*[\w/])"
)


@pytest.mark.parametrize(
    "page", ["docs/path.md", "CONTRIBUTING.md", "docs/detectors.md", "newsquake/pipeline.py"]
)
def test_the_path_and_the_check_lists_name_modules_that_exist(page: str) -> None:
    named = set(_MODULE.findall((ROOT / page).read_text(encoding="utf-8")))
    named = {name for name in named if "KIND" not in name}
    assert named and not [name for name in sorted(named) if not (ROOT / name).exists()]


def test_a_reader_follows_one_article_in_at_most_eight_files() -> None:
    steps = re.findall(r"^\| (\d+) \| `[\w./]+`", (ROOT / "docs/path.md").read_text("utf-8"), re.MULTILINE)
    assert [int(step) for step in steps] == list(range(1, len(steps) + 1)) and 1 < len(steps) <= 8
