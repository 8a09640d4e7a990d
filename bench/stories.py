"""How well stories are told apart: precision and recall over pairs of articles, with the shipped model's signatures.

    python bench/stories.py [--articles 2500] [--wire ../shared/data/replay/en_reuters_1987.parquet]

1. Simulated news, whose stories are known: every pair of articles within the horizon, same language and across. The
   simulator's rewrites may state other facts than the original; such pairs count against recall all the same.
2. Headlines that recur in the wire of 1987 within the horizon: a pair whose bodies share nine tenths of their words
   is a copy, one that shares less than seven tenths is another story under the same headline (the hard negatives).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

from alerts.entries import entry_of
from alerts.stories import HORIZON_MS, StoryBook
from core.records import Article, Mention, ScoredArticle


def scored(articles: list[Article]) -> list[ScoredArticle]:
    """With the signatures, companies and languages that the shipped model gives."""
    from classifier.engine import Engine
    from classifier.records import Text

    engine = Engine.load(threads=1)
    texts = [Text(title=a.title, body=a.body[:1_500], language=None, register=None) for a in articles]
    found = []
    for article, score in zip(articles, engine.score(texts), strict=True):
        found.append(
            ScoredArticle(
                article=article,
                p_negative=0,
                p_neutral=10_000,
                p_positive=0,
                mentions=tuple(Mention(m.entity, relevance=m.relevance) for m in score.mentions),
                signature=score.signature,
                language=score.language,
                model_version=score.model_version,
            )
        )
    return found


def placed(articles: Iterable[ScoredArticle]) -> dict[str, str]:
    """Article id -> story."""
    book = StoryBook()
    ordered = sorted(articles, key=lambda one: (one.article.available_at, one.article.id))
    return {one.article.id: book.place(entry_of(one))[0] for one in ordered}


def simulated(number: int) -> None:
    """The first table."""
    from newsquake.simulate import SimulationSpec, generate

    rows = {row.id: row for row in generate(SimulationSpec(seed=3, weeks=2, articles=number))}
    articles = {row.article().id: row for row in rows.values()}
    found = placed(scored([row.article() for row in articles.values()]))
    truth = {name: str(row.story) for name, row in articles.items()}
    for across in (False, True):
        sets = []
        for groups in (truth, found):
            members = defaultdict(list)
            for name, story in groups.items():
                members[story].append(name)
            pairs = set()
            for names in members.values():
                for a, b in combinations(sorted(names), 2):
                    one, other = articles[a], articles[b]
                    if abs(one.available_at - other.available_at) <= HORIZON_MS and across == (
                        one.language != other.language
                    ):
                        pairs.add((a, b))
            sets.append(pairs)
        real, said = sets
        right = len(real & said)
        print(
            f"simulated, {'English-Chinese' if across else 'same language ':15} pairs {len(real):>6,}  "
            f"precision {right / max(1, len(said)):.3f}  recall {right / max(1, len(real)):.3f}"
        )


def wire(file: Path) -> None:
    """The second table."""
    import pandas as pd

    frame = pd.read_parquet(file)
    frame["t"] = pd.to_datetime(frame["date"], errors="coerce")
    frame = frame[frame.t.notna() & (frame.title.fillna("") != "") & (frame.body.fillna("").str.len() > 200)]
    frame = frame[frame.title.map(frame.title.value_counts()) > 1].sort_values("t", kind="stable")
    articles = [
        Article(
            id=f"{number:06d}",
            revision="1",
            origin=f"r:{number}",
            source="wire",
            title=row.title,
            body=row.body,
            published_at=int(row.t.timestamp() * 1000),
            first_seen_at=0,
            available_at=int(row.t.timestamp() * 1000),
        )
        for number, row in enumerate(frame.itertuples())
    ]
    found = placed(scored(articles))
    groups = defaultdict(list)
    for article in articles:
        groups[article.title].append(article)
    tally = defaultdict(lambda: [0, 0])
    for group in groups.values():
        for one, other in combinations(group, 2):
            if abs(one.available_at - other.available_at) > HORIZON_MS:
                continue
            mine, theirs = (set(article.body[:1_500].lower().split()) for article in (one, other))
            overlap = len(mine & theirs) / min(len(mine), len(theirs))
            kind = "copies" if overlap >= 0.9 else "other texts" if overlap < 0.7 else "between"
            tally[kind][0] += 1
            tally[kind][1] += found[one.id] == found[other.id]
    for kind in ("copies", "other texts", "between"):
        total, merged = tally[kind]
        print(
            f"wire of 1987, one headline, {kind:12} pairs {total:>5,}  told as one {merged / max(1, total):.3f}"
        )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=2_500)
    parser.add_argument("--wire", type=Path, default=Path("../shared/data/replay/en_reuters_1987.parquet"))
    options = parser.parse_args()
    simulated(options.articles)
    if options.wire.exists():
        wire(options.wire)
    else:
        print(f"wire of 1987: skipped, {options.wire} is not there")


if __name__ == "__main__":
    main()
