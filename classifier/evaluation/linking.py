"""How many companies the linker finds, where it looks twice, and how fast: `python -m classifier.evaluation.linking`.

Recall is measured on two sets that name companies: a Chinese headline must give its own code, an English one every
entity that SEntFiN marks (found: a surface that lies in it or the other way round). What SEntFiN marks and is no
company (linking.yaml) is told apart. Precision has no labels; what is linked most, by surface, is printed to be judged.
"""

import argparse
import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import pandas as pd
import yaml

from classifier.entities.linker import Linker, build, default_linker

_OTHER: Final = re.compile(
    re.sub(
        r"\s*\n\s*|(?<=\|)\s+",
        "",
        yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))["other"],
    )
)
_NAMED_SO: Final = re.compile(
    r"(?:[A-Z][\w&.]*\s)+(?:Steel|Power|Energy|Bank|Auto|Cement|Telecom|Infra\w*|Oil|Tea|Pharma|Metals?|Tech|Retail|Airlines)"
)
"""Tata Steel, Axis Bank: the last word alone would be a sector."""
_CORPORA: Final = (
    "sentiment/zh_stock_news", "topics/zh_finnl", "sentiment/zh_finfe", "topics/en_twitter",
    "sentiment/en_phrasebank", "sentiment/en_sentfin_headlines",
)  # fmt: skip


def is_company(entity: str) -> bool:
    """Whether what SEntFiN marks is a company, as far as its words tell.

    >>> is_company("Infosys"), is_company("Sensex"), is_company("banking stocks"), is_company("Tata Steel")
    (True, False, False, True)
    """
    return _OTHER.fullmatch(entity.lower().strip()) is None or _NAMED_SO.fullmatch(entity) is not None


def own_code(linker: Linker, data: Path) -> float:
    """Share of the Chinese company headlines in which the headline's own code is found."""
    frame = pd.read_parquet(data / "sentiment/zh_stock_news.parquet")
    pairs = [
        (str(t), str(c))
        for t, c in zip(frame.text, frame.ticker, strict=True)
        if re.fullmatch(r"\d{6}", str(c))
    ]
    return sum(any(f.entity == f"CN:{code}" for f in linker.find(text)) for text, code in pairs) / len(pairs)


def marked(linker: Linker, data: Path) -> dict[bool, float]:
    """Share of SEntFiN's entities that are found: {True: companies, False: all else}."""
    frame = pd.read_parquet(data / "sentiment/en_sentfin_entities.parquet")
    found: dict[bool, list[bool]] = {True: [], False: []}
    for text, entity in zip(frame.text, frame.entity, strict=True):
        small = str(entity).lower()
        surfaces = [f.surface.lower() for f in linker.find(str(text))]
        found[is_company(str(entity))].append(any(s in small or small in s for s in surfaces))
    return {kind: sum(hits) / len(hits) for kind, hits in found.items()}


def microseconds(linker: Linker, texts: Sequence[str]) -> float:
    """Of processor time a text, the best of three passes."""
    passes = []
    for _ in range(3):
        start = time.thread_time()
        for text in texts:
            linker.find(text)
        passes.append(time.thread_time() - start)
    return min(passes) / len(texts) * 1e6


def frequent(linker: Linker, texts: Iterable[str], top: int) -> str:
    """The surfaces linked most, with their ids and counts."""
    seen = Counter((f.surface, f.entity) for text in texts for f in linker.find(text))
    return ", ".join(f"{surface} ({entity}) {count}" for (surface, entity), count in seen.most_common(top))


def main() -> None:
    """Print the table of docs/labels.md; with --surfaces what is linked most in each corpus too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--surfaces", type=int, default=0, help="so many of the most linked, per corpus")
    options = parser.parse_args()
    linkers = {"built in": build(), "with public lists": default_linker()}
    columns = {
        name: pd.read_parquet(options.data / f"{name}.parquet").text.astype(str).tolist() for name in _CORPORA
    }
    print(linkers["with public lists"].origin)
    print(
        "| lists | own code, Chinese | SEntFiN companies | SEntFiN others | µs a text, Chinese | µs, English |"
    )
    print("|---|---|---|---|---|---|")
    for name, linker in linkers.items():
        kinds = marked(linker, options.data)
        speeds = [microseconds(linker, columns[c]) for c in (_CORPORA[0], _CORPORA[-1])]
        print(
            f"| {name} | {own_code(linker, options.data):.3f} | {kinds[True]:.3f} | {kinds[False]:.3f} | "
            f"{speeds[0]:.0f} | {speeds[1]:.0f} |"
        )
    for name, texts in columns.items() if options.surfaces else ():
        print(f"\n{name}: {frequent(linkers['with public lists'], texts, options.surfaces)}")


if __name__ == "__main__":
    main()
