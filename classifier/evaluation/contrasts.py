"""Two companies of one headline that fare differently: are both told right?

    python -m classifier.evaluation.contrasts [--weights DIR]

The headlines are ours (contrasts.yaml); the public sets hold few such, and none in Chinese.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml

from classifier.records import Text
from classifier.scoring.engine import Engine
from classifier.taxonomy import SENTIMENTS

HEADLINES = Path(__file__).with_name("contrasts.yaml")


def run(engine: Engine, file: Path = HEADLINES) -> dict[str, Any]:
    """Return by language {"headlines", "linked" (two companies found), "right" (both), "wrong": [lines]}."""
    out: dict[str, Any] = {}
    for language, rows in yaml.safe_load(file.read_text(encoding="utf-8")).items():
        scores = engine.score([Text(headline) for headline, *_ in rows])
        found: dict[str, Any] = {"headlines": len(rows), "linked": 0, "right": 0, "wrong": []}
        for (headline, *wanted), score in zip(rows, scores, strict=True):
            told = [_sentiment(m) for m in sorted(score.mentions, key=lambda m: -m.relevance)]
            found["linked"] += len(told) == 2
            if told == wanted:
                found["right"] += 1
            else:
                found["wrong"].append(f"{headline}: {', '.join(told) or 'no company found'}")
        out[language] = found
    return out


def _sentiment(mention: Any) -> str:
    shares = (mention.p_negative, mention.p_neutral, mention.p_positive)
    return SENTIMENTS[shares.index(max(shares))]


def table(result: dict[str, Any]) -> str:
    """As Markdown."""
    lines = ["| language | headlines | both companies found | both right |", "|---|---|---|---|"]
    lines += [f"| {k} | {v['headlines']} | {v['linked']} | {v['right']} |" for k, v in result.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, help="a weights folder; default: the shipped one")
    result = run(Engine.load(parser.parse_args().weights))
    sys.stdout.write(table(result))
    for language, found in result.items():
        for line in found["wrong"]:
            sys.stdout.write(f"{language}: {line}\n")


if __name__ == "__main__":
    main()
