"""Draw public functions at random, for a review of names, signatures and docstrings.

    python scripts/draw_functions.py --seed 7 [--count 20] [PACKAGE ...]

Prints the seed and, for each drawn function or method, its place, signature and docstring: what a caller has to go by.
"""

from __future__ import annotations

import argparse
import ast
import random
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def public_functions(package: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield (`file:line Class.name`, definition) of each function and method without a leading underscore."""
    for file in sorted((ROOT / package).rglob("*.py")):
        if "migrations" in file.parts:
            continue
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            owned = node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else [node]
            prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
            for one in owned:
                if isinstance(one, ast.FunctionDef) and not one.name.startswith("_"):
                    yield f"{file.relative_to(ROOT)}:{one.lineno} {prefix}{one.name}", one


def main() -> None:
    """Print the draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("packages", nargs="*", default=["alerts", "ingest", "core"])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=20)
    options = parser.parse_args()
    found = [one for package in options.packages for one in public_functions(package)]
    drawn = random.Random(options.seed).sample(found, options.count)
    print(
        f"seed {options.seed}: {options.count} of {len(found)} public functions of {', '.join(options.packages)}"
    )
    for place, node in sorted(drawn, key=lambda one: one[0]):
        print(
            f"\n{place}\n    ({ast.unparse(node.args)}) -> {ast.unparse(node.returns) if node.returns else '?'}"
        )
        print(f"    {ast.get_docstring(node) or '(no docstring)'}".replace("\n", "\n    "))


if __name__ == "__main__":
    main()
