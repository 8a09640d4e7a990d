"""How well article text is found on real pages, beside trafilatura's own figure on the same pages.

    python bench/ingest_pages.py [../shared/data/pages/en]

Precision and recall of the text's word 4-grams against the ground truth, averaged over pages, as
scrapinghub/article-extraction-benchmark counts them.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import trafilatura

from core.errors import Refused
from ingest.web.extract import extract_page


@dataclass(frozen=True)
class Figures:
    """Averages over pages."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Word 4-grams."""
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[at : at + 4]) for at in range(max(1, len(words) - 3))) if words else Counter()


def compare(truth: str, found: str) -> tuple[float, float]:
    """Precision and recall of `found`."""
    wanted, got = shingles(truth), shingles(found)
    both = sum((wanted & got).values())
    return both / max(1, sum(got.values())), both / max(1, sum(wanted.values()))


def ours(page: bytes) -> str:
    """The article text, or nothing."""
    try:
        return extract_page(page).body
    except Refused:
        return ""


def measure(folder: Path) -> dict[str, Figures]:
    """Figures per extractor."""
    truth = json.loads((folder / "ground-truth.json").read_text())
    readers: dict[str, Callable[[bytes], str]] = {
        "newsquake": ours,
        "trafilatura": lambda page: trafilatura.extract(page) or "",
    }
    figures = {}
    for name, read in readers.items():
        pairs = [
            compare(entry["articleBody"], read(gzip.decompress((folder / f"{key}.html.gz").read_bytes())))
            for key, entry in truth.items()
        ]
        figures[name] = Figures(sum(p for p, _ in pairs) / len(pairs), sum(r for _, r in pairs) / len(pairs))
    return figures


def main() -> int:
    """Print the figures; status 1 when ours is below trafilatura's."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data/pages/en")
    figures = measure(folder)
    for name, found in figures.items():
        print(f"{name:12} precision {found.precision:.4f}  recall {found.recall:.4f}  F1 {found.f1:.4f}")
    return 0 if figures["newsquake"].f1 >= figures["trafilatura"].f1 else 1


if __name__ == "__main__":
    sys.exit(main())
