"""Real feeds: how many are parsed, or refused with a reason; none may crash, none may go without a word.

python bench/ingest_feeds.py [--feeds ../shared/data/feeds]
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import Refused
from core.records import Article
from ingest.items.build import build
from ingest.items.item import SourceInfo
from ingest.sources.feed.parsing import parse_feed

NOW = 1_700_000_000_000
FEEDS = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "feeds"


@dataclass
class Figures:
    """Per fate the files; of the parsed ones the items and what became of them."""

    parsed: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    crashed: dict[str, str] = field(default_factory=dict)
    items: Counter[str] = field(default_factory=Counter)


def measure(folder: Path) -> Figures:
    """Parse each file as if a server had answered with it."""
    found = Figures()
    for file in sorted(folder.iterdir()):
        try:
            records = [
                build(item, SourceInfo("bench"), NOW)
                for item in parse_feed(file.read_bytes(), "https://example.com/feed")
            ]
        except Refused as error:
            found.refused[file.name] = str(error)
        except Exception as error:  # noqa: BLE001 - a crash is what is looked for
            found.crashed[file.name] = repr(error)
        else:
            found.parsed.append(file.name)
            found.items.update("article" if isinstance(one, Article) else str(one.reason) for one in records)
    return found


def main() -> int:
    """Print the figures; status 1 below 99 % parsed or refused with a reason."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=Path, default=FEEDS)
    folder: Path = parser.parse_args().feeds
    if not folder.is_dir():
        print(f"{folder} is not there: nothing measured", file=sys.stderr)
        return 0
    found = measure(folder)
    sound = len(found.parsed) + sum(bool(reason) for reason in found.refused.values())
    total = sound + len(found.crashed)
    for name, reason in found.refused.items():
        print(f"refused  {name}: {reason}")
    for name, reason in found.crashed.items():
        print(f"CRASHED  {name}: {reason}")
    print(f"items    {', '.join(f'{count} {fate}' for fate, count in found.items.most_common())}")
    print(
        f"{len(found.parsed)} of {total} feeds parsed, {len(found.refused)} refused with a reason, "
        f"{len(found.crashed)} crashed: {sound / total:.1%} (asked: 99 %)"
    )
    return int(sound < 0.99 * total)


if __name__ == "__main__":
    sys.exit(main())
