"""How well signatures tell same stories from others: distances, and precision and recall at a bound.

Pairs: all within one story of stories.yaml are the same story (copy, rewrite, translation), all across stories
are not; across stories of one `near` group they are the hard ones.

    python -m classifier.evaluation.signatures [--weights DIR]
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import yaml

STORIES = Path(__file__).parent / "stories.yaml"
KINDS = ("en-en", "zh-zh", "en-zh")
BOUNDS = (8, 16, 20, 24, 28, 32, 36, 40, 44)


def pairs() -> tuple[list[str], list[tuple[int, int, str, str]]]:
    """Return the texts, and (i, j, kind, "same" | "near" | "other") of every pair."""
    stories = yaml.safe_load(STORIES.read_text(encoding="utf-8"))
    texts = [t for s in stories for t in s["texts"]]
    out = []
    for i, j in combinations(range(len(texts)), 2):
        a, b = stories[i // 4], stories[j // 4]
        kind = KINDS[0] if i % 4 < 2 and j % 4 < 2 else KINDS[1] if i % 4 >= 2 and j % 4 >= 2 else KINDS[2]
        out.append((i, j, kind, "same" if a is b else "near" if a["near"] == b["near"] else "other"))
    return texts, out


def distance(a: str, b: str) -> int:
    """Hamming distance of two signatures in hex.

    >>> distance("0f", "ff")
    4
    """
    return (int(a, 16) ^ int(b, 16)).bit_count()


def measure(sign: Callable[[Sequence[str]], list[str]]) -> dict[str, Any]:
    """`sign`: texts -> hex signatures. Returns distances by kind, and precision and recall by bound."""
    texts, rows = pairs()
    signatures = sign(texts)
    far = np.array([distance(signatures[i], signatures[j]) for i, j, _, _ in rows])
    kinds, same = np.array([r[2] for r in rows]), np.array([r[3] for r in rows])
    out: dict[str, Any] = {"bits": 4 * len(signatures[0]), "distances": {}, "bounds": {}}
    for kind in KINDS:
        for label in ("same", "near", "other"):
            chosen = far[(kinds == kind) & (same == label)]
            out["distances"][f"{kind} {label}"] = {
                "pairs": len(chosen),
                **{f"p{q}": float(np.percentile(chosen, q)) for q in (5, 50, 95)},
            }
        for bound in BOUNDS:
            within = (far <= bound) & (kinds == kind)
            hits = int((within & (same == "same")).sum())
            out["bounds"][f"{kind} {bound}"] = {
                "recall": hits / int(((kinds == kind) & (same == "same")).sum()),
                "precision": hits / max(1, int(within.sum())),
            }
    return out


def markdown(result: dict[str, Any]) -> str:
    """The two tables of a measurement."""
    lines = [f"Signature of {result['bits']} bits, Hamming distances (5th, 50th, 95th percentile):", "",
             "| pairs | count | 5 % | median | 95 % |", "|---|---|---|---|---|"]  # fmt: skip
    for name, d in result["distances"].items():
        lines.append(f"| {name} | {d['pairs']} | {d['p5']:.0f} | {d['p50']:.0f} | {d['p95']:.0f} |")
    lines += ["", "| distance at most | " + " | ".join(f"{k} recall / precision" for k in KINDS) + " |",
              "|---|" + "---|" * len(KINDS)]  # fmt: skip
    for bound in BOUNDS:
        cells = [result["bounds"][f"{k} {bound}"] for k in KINDS]
        lines.append(
            f"| {bound} | " + " | ".join(f"{c['recall']:.2f} / {c['precision']:.2f}" for c in cells) + " |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """The command line."""
    from classifier.records import Text
    from classifier.scoring.engine import Engine

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, help="a weights folder; default: the shipped one")
    engine = Engine.load(parser.parse_args().weights)
    result = measure(lambda texts: [score.signature for score in engine.score([Text(t) for t in texts])])
    sys.stdout.write(markdown(result))


if __name__ == "__main__":
    main()
