"""Texts kept for evaluation, so that chance never makes one of them: digests in excluded.yaml, not their words.

python -m classifier.training.polarity.excluded FILE.jsonl ...     (rewrites excluded.yaml)
"""

import json
import sys
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from classifier.reading.normal import normal
from classifier.training.polarity import lexicon


def is_excluded(text: str) -> bool:
    """Whether the text equals one that is kept for evaluation."""
    return digest(text) in _excluded()


def digest(text: str) -> str:
    """Return 16 hex digits of the text in normal form and lower case, spaces and a final full stop aside."""
    plain = normal(text).lower().replace(" ", "").rstrip(".。")
    return sha256(plain.encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def _excluded() -> frozenset[str]:
    return frozenset(lexicon.table("excluded"))


def main(files: list[str]) -> None:
    """Write the digests of the field `text` of every line of the files."""
    lines = [
        line for name in files for line in Path(name).read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    digests = sorted({digest(json.loads(line)["text"]) for line in lines})
    head = "# Digests of texts that are kept for evaluation: classifier/evaluation/sets and the probe (excluded.py).\n"
    body = "".join(f'- "{d}"\n' for d in digests)
    Path(__file__).with_name("excluded.yaml").write_text(head + body, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
