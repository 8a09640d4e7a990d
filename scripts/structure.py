"""Check the shape of the source tree: import circles, folder sizes, names that stand twice.

    python scripts/structure.py [--root FOLDER]

Prints one line per fault and exits with 1 if there is any. What it refuses:

- a circle of imports between modules, packages counted as the modules that their `__init__.py` are;
- a folder of the product or of bench and scripts with more than 18 modules, `__init__.py` not counted (tests mirror
  them or are grouped by what they need);
- a folder with modules and without an `__init__.py` that says in its first line what it is for;
- a module called common, utils, misc or helpers;
- a public class name defined in two modules, unless ALLOWED names it.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import grimp

PACKAGES = ("core", "detect", "ingest", "classifier", "alerts", "backtest", "dashboard", "newsquake")
SIZED = (*PACKAGES, "bench", "scripts")
MOST_MODULES = 18
VAGUE = {"common", "utils", "misc", "helpers"}
ALLOWED: frozenset[str] = frozenset()
"""Class names that may stand in several modules."""


def folders(root: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Yield each folder of Python modules under `root` with its modules, `__init__.py` left out."""
    for package in SIZED:
        for folder in sorted({file.parent for file in (root / package).rglob("*.py")}):
            yield folder, sorted(file for file in folder.glob("*.py") if file.name != "__init__.py")


def folder_faults(root: Path) -> Iterator[str]:
    """Yield a line for each folder that is too large, lacks its one-line purpose, or has a vague module name."""
    for folder, modules in folders(root):
        where = folder.relative_to(root)
        if len(modules) > MOST_MODULES:
            yield f"{where}: {len(modules)} modules, at most {MOST_MODULES} are allowed; part the folder by idea"
        for module in modules:
            if module.stem in VAGUE:
                yield f"{module.relative_to(root)}: say in the name what the module is for"
        if where.parts[0] in PACKAGES and where.name != "versions":
            init = folder / "__init__.py"
            if not init.exists() or not ast.get_docstring(ast.parse(init.read_text())):
                yield f"{where}/__init__.py: lacks a docstring that says in one line what the folder is for"


def name_faults(root: Path) -> Iterator[str]:
    """Yield a line for each public class name that two modules of the packages define."""
    places = defaultdict(list)
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*.py")):
            for node in ast.parse(file.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(file.relative_to(root))
    for name, files in sorted(places.items()):
        if len(files) > 1 and name not in ALLOWED:
            yield f"class {name} is defined in {' and in '.join(map(str, files))}: one meaning per class name"


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the strongly connected components with two or more nodes (Tarjan 1972), each sorted by name."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = lowest[node] = len(order)
        stack.append(node)
        for successor in sorted(graph.get(node, ())):
            if successor not in order:
                visit(successor)
                lowest[node] = min(lowest[node], lowest[successor])
            elif successor in stack:
                lowest[node] = min(lowest[node], order[successor])
        if lowest[node] == order[node]:
            component = []
            while True:
                component.append(stack.pop())
                if component[-1] == node:
                    break
            if len(component) > 1:
                found.append(sorted(component))

    sys.setrecursionlimit(10_000)
    for node in sorted(graph):
        if node not in order:
            visit(node)
    return found


def import_graph(packages: tuple[str, ...]) -> dict[str, set[str]]:
    """Return module -> modules that it imports, for all modules of `packages` (also imports inside functions)."""
    graph = grimp.build_graph(*packages, cache_dir=None)
    return {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}


def main() -> int:
    """Print the faults; return 1 if there is one, else 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    root = parser.parse_args().root
    sys.path.insert(0, str(root))
    packages = tuple(package for package in PACKAGES if (root / package / "__init__.py").exists())
    faults = [*folder_faults(root), *name_faults(root)]
    faults += [f"import circle: {' <-> '.join(found)}" for found in circles(import_graph(packages))]
    for fault in faults:
        print(fault)
    print(f"structure: {len(faults)} faults" if faults else "structure: no faults", file=sys.stderr)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
