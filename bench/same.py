"""Whether a change of the desk changed anything that it decides: digests of all its outputs over fixed streams.

    python -m bench.same > before.txt; ...; python -m bench.same | diff before.txt -

Streams: those of bench/windows.py (few, many and very many companies), the simulated bilingual newswire with its
incidents (under the default rules, and under rules of every kind of detector) and, with `--wire FILE`, the wire of
1987 under made-up scores. A line is one stream and one kind of output: lines of alerts.jsonl, panes, fates of articles,
findings, detectors' states, stories, fits. `findings-7` are findings to seven significant digits: what must stay where
a sum is taken in another order.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import blake2b, sha256
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from alerts.engine.assembly import runners_of
from alerts.engine.desk import Desk
from alerts.engine.effects import Effects
from alerts.engine.watermark import Watermark
from alerts.rules.loading import load_rules
from alerts.rules.model import RuleSet
from bench.windows import articles
from core.records import TOPICS, Article, Marker, Mention, ScoredArticle
from core.times import MINUTE
from newsquake.simulate import SimulationSpec, generate

_STRIDE = 500
_FIT = ("rule", "in_force_from", "version", "fit")
_EVERY_KIND = Path(__file__).with_name("false_alarms.yaml")
_SPREADS = ((60, 120), (950, 120), (9_950, 2_000))
"""Companies, and articles an hour: five days of the first two, as a rhythm is heard for days before anything is said.
"""


class Digests:
    """A running digest for each kind of output."""

    def __init__(self) -> None:
        self.hashes: dict[str, Any] = {}
        self.counts: Counter[str] = Counter()

    def take(self, kind: str, things: Iterable[Any]) -> None:
        """Add some more of a kind."""
        found = self.hashes.setdefault(kind, sha256())
        for thing in things:
            found.update(msgspec.json.encode(thing))
            self.counts[kind] += 1

    def effects(self, effects: Effects, rules: Iterable[str]) -> None:
        """Add all that the desk did. `rules`: their keys, in the rules' order."""
        self.take("alerts.jsonl", (change.line for change in effects.changes))
        self.take("panes", effects.panes)
        self.take("fates", effects.outcomes)
        self.take("findings", effects.findings)
        self.take("findings-7", map(_rounded, msgspec.to_builtins(effects.findings)))
        self.take("states", _states(effects, rules))
        self.take("stories", effects.stories)
        # As ever: what a fit rests on follows from it.
        self.take("fits", ({name: getattr(fit, name) for name in _FIT} for fit in effects.fits))
        self.take("late", ((entry.id, story) for entry, story in effects.late))


def _states(effects: Effects, rules: Iterable[str]) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """What changed of each rule's state. Budgets and timers once stood among the detectors' states: digests stay."""
    for key in rules:
        states = dict(effects.detectors.get(key, {}))
        if key in effects.budgets:
            states["(budget)"] = effects.budgets[key]
        if key in effects.timers:
            states["(timers)"] = effects.timers[key]
        if states:
            yield key, sorted(states.items())


def _rounded(thing: Any) -> Any:
    if isinstance(thing, float):
        return f"{thing:.7g}"
    if isinstance(thing, dict):
        return {name: _rounded(value) for name, value in thing.items()}
    return thing


def simulated(seed: int, weeks: int, number: int) -> Iterator[ScoredArticle]:
    """The simulated newswire with its incidents."""
    spec = SimulationSpec(seed=seed, weeks=weeks, articles=number)
    draw = random.Random(seed).random
    rows = sorted(generate(spec), key=lambda row: row.available_at)
    seen = set()
    for at, row in enumerate(rows):
        scored = row.scored(draw, spec.label_noise, at)
        if scored.article.id not in seen:
            seen.add(scored.article.id)
            yield scored


def wire(file: Path) -> Iterator[ScoredArticle]:
    """The wire of 1987, its scores made up from its words: what matters here is that they stay the same."""
    table = pd.read_parquet(file, columns=["title", "body", "date"]).dropna(subset="date").fillna("")
    for number, row in enumerate(table.sort_values("date", kind="stable").itertuples()):
        words = f"{row.title} {row.body[:400]}".lower().split() or ["none"]
        hashes = [blake2b(word.encode(), digest_size=16).digest() for word in words]
        bits = np.unpackbits(np.frombuffer(b"".join(hashes), np.uint8)).reshape(-1, 128)
        near = np.packbits(2 * bits.sum(axis=0) > len(words)).tobytes().hex()
        least = int.from_bytes(min(hashes), "big")
        bad = 500 + hashes[0][0] * 33
        at = int(row.date.timestamp() * 1000)
        yield ScoredArticle(
            article=Article(
                id=f"{number:032x}",
                revision="1",
                origin=f"w:{number}",
                source="wire",
                publisher=f"p{least % 40}",
                title=row.title,
                body=row.body,
                language="en",
                published_at=at,
                first_seen_at=at,
                available_at=at,
            ),
            p_negative=bad,
            p_neutral=10_000 - bad,
            p_positive=0,
            topics={TOPICS[least % 19]: 9_000},
            mentions=(
                Mention(
                    f"US:C{least % 300}",
                    relevance=9_000,
                    p_negative=bad,
                    p_neutral=10_000 - bad,
                    p_positive=0,
                ),
            ),
            signature=near,
            language="en",
            model_version="bench",
        )


def digests(stream: Iterable[ScoredArticle], rules: RuleSet) -> Digests:
    """What a desk makes of a stream."""
    desk = Desk(rules, runners_of(rules, MINUTE), Watermark(1, MINUTE), MINUTE)
    found, last = Digests(), 0
    for number, scored in enumerate(stream, 1):
        desk.add(scored)
        last = scored.article.available_at
        if number % _STRIDE == 0:
            _advance(desk, found, Marker(writer="b", t=last))
    _advance(desk, found, Marker(writer="b", t=last + 10 * MINUTE, end=True))
    return found


def _advance(desk: Desk, found: Digests, marker: Marker) -> None:
    """Everything up to the marker at once: where a desk rests in between, is no result."""
    desk.on_marker(0, marker)
    while desk.advance(articles=1_000_000_000):
        pass
    found.effects(desk.effects(), [runner.key for runner in desk.runners])


def main() -> None:
    """Print the digests."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=16_000)
    parser.add_argument("--wire", type=Path, help="en_reuters_1987.parquet")
    options = parser.parse_args()
    usual, every_kind = load_rules(), load_rules(_EVERY_KIND)
    streams: list[tuple[str, Iterable[ScoredArticle], RuleSet]] = [
        (f"companies-{n}", islice(articles(n, per_hour), options.articles), usual) for n, per_hour in _SPREADS
    ]
    streams.append(("simulated", simulated(7, 10, options.articles), usual))
    streams.append(("every-kind", simulated(7, 10, options.articles), every_kind))
    if options.wire:
        streams.append(("wire", wire(options.wire), usual))
    for name, stream, rules in streams:
        found = digests(stream, rules)
        for kind, one in sorted(found.hashes.items()):
            print(f"{name:<16} {kind:<13} {found.counts[kind]:>8,}  {one.hexdigest()[:24]}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
