"""Run the tests that are too long for `make test` and write their result to docs/measured/long-tests.md.

    python scripts/long_tests.py [pytest arguments]

The exit status is pytest's.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "docs" / "measured" / "long-tests.md"


@dataclass
class Tally:
    """The outcomes of one test file and the seconds its tests took together."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0


def tallies(report: Path) -> dict[str, Tally]:
    """Read pytest's JUnit XML; returns test file (dotted) -> Tally. Raises OSError if pytest wrote no report."""
    found: dict[str, Tally] = defaultdict(Tally)
    for case in ElementTree.parse(report).iter("testcase"):
        tally = found[case.get("classname", "?")]
        tally.seconds += float(case.get("time", 0))
        outcomes = {child.tag for child in case}
        if outcomes & {"failure", "error"}:
            tally.failed += 1
        elif "skipped" in outcomes:
            tally.skipped += 1
        else:
            tally.passed += 1
    return found


def page(found: dict[str, Tally], commit: str, seconds: float) -> str:
    """Return the Markdown page of a run."""
    lines = [
        "# Long tests: the last run",
        "",
        f"`make test-long` at commit {commit}, {datetime.now(UTC):%Y-%m-%d}, {seconds / 60:.0f} minutes.",
        "",
        "| file | passed | failed | skipped | seconds |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, tally in sorted(found.items()):
        file = name.replace(".", "/") + ".py"
        lines.append(f"| {file} | {tally.passed} | {tally.failed} | {tally.skipped} | {tally.seconds:.0f} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run the long tests; write the page unless none ran."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        began = time.monotonic()
        command = [sys.executable, "-m", "pytest", "-m", "long", f"--junitxml={report}", "--durations=15"]
        status = subprocess.run([*command, *sys.argv[1:]], cwd=ROOT, check=False).returncode
        if report.exists() and (found := tallies(report)):
            RESULT.write_text(page(found, commit or "unknown", time.monotonic() - began), encoding="utf-8")
            print(f"written: {RESULT.relative_to(ROOT)}")
    return status


if __name__ == "__main__":
    sys.exit(main())
