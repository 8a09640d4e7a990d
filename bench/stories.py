"""How well stories are told apart: precision and recall over pairs of articles, with the shipped model's signatures.

    python bench/stories.py [--articles 2500] [--seeds 3 11] [--side test] [--wire FILE]

Every pair falls on one of two sides by a hash of its story (or title, or company); rules were tuned on `dev` alone.

1. Simulated news, whose stories are known: every pair of articles within the horizon, English, Chinese and across. The
   simulator's rewrites may state other facts than the original; such pairs count against recall all the same.
2. The wire of 1987, whole, within the horizon (labels by what no rule here looks at: bodies' words, tickers):
   - one headline: bodies that share nine tenths of their words are copies; less than seven tenths is another text, a
     recurring report where the headline is met on three days or more (hard negatives), else sent again, which is mostly
     the same event told again and is reported for what it is;
   - reports of two companies (QTR, NET, PAYOUT ...): other tickers, or other first words before CORP, INC, <...>;
   - a flash without a text, and a text within the hour whose headline begins with the same three words.
3. Stories of the real world in four wordings, two of them Chinese (classifier/evaluation/stories.yaml, where groups
   share a company or a theme): headlines alone, the wordings an hour apart, the stories a minute. No rule was tuned on
   them, so all count.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.resources import files
from itertools import combinations
from pathlib import Path

import yaml

from alerts.stories.book import StoryBook
from alerts.stories.entry import entry_of
from alerts.stories.story import HORIZON_MS
from core.records import Article, Mention, ScoredArticle
from core.times import DAY, HOUR, MINUTE

TEXT = 200
"""Characters from which on a body is a text."""
_TICKER = re.compile(r"<([A-Z.]+)>")
_REPORT = re.compile(r"\b(QTR|NET|LOSS|DIVIDEND|PAYOUT|YEAR|SHR|DISTRIBUTION)\b")
_LEAD = re.compile(r"^\W*([A-Z][A-Z'&.-]+)[^<]*?(?: CORP| INC| CO| LTD| PLC|<)")


def side(key: str) -> str:
    """dev or test, for good."""
    return "dev" if int(hashlib.sha256(key.encode()).hexdigest(), 16) % 2 == 0 else "test"


def scored(articles: list[Article]) -> list[ScoredArticle]:
    """With the signatures, companies and languages that the shipped model gives."""
    from classifier.records import Text
    from classifier.scoring.engine import Engine

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


def simulated(number: int, seed: int, wanted: str) -> None:
    """Three lines of the first table."""
    from newsquake.simulate import SimulationSpec, generate

    rows = {row.id: row for row in generate(SimulationSpec(seed=seed, weeks=2, articles=number))}
    articles = {row.article().id: row for row in rows.values()}
    found = placed(scored([row.article() for row in articles.values()]))
    truth = {name: str(row.story) for name, row in articles.items()}
    pairs: dict[tuple[str, bool], set[tuple[str, str]]] = defaultdict(set)
    for real, groups in ((True, truth), (False, found)):
        members = defaultdict(list)
        for name, story in groups.items():
            members[story].append(name)
        for names in members.values():
            for a, b in combinations(sorted(names), 2):
                one, other = articles[a], articles[b]
                if abs(one.available_at - other.available_at) > HORIZON_MS:
                    continue
                if side(min(truth[a], truth[b])) == wanted:
                    kind = one.language if one.language == other.language else "across"
                    pairs[kind, real].add((a, b))
    for kind in ("en", "zh", "across"):
        real_pairs, said = pairs[kind, True], pairs[kind, False]
        right = len(real_pairs & said)
        print(
            f"simulated, seed {seed}, {kind:6} pairs {len(real_pairs):>6,}  "
            f"precision {right / max(1, len(said)):.3f}  recall {right / max(1, len(real_pairs)):.3f}",
            flush=True,
        )


Labelled = tuple[str, str, Article, Article]
"""A kind of pair, the key that decides its side, and the two."""


def headlines(articles: list[Article]) -> Iterator[Labelled]:
    """Pairs under one headline, by how much of their bodies' words they share."""
    groups = defaultdict(list)
    for article in articles:
        groups[article.title].append(article)
    for title, group in groups.items():
        days = {article.available_at // DAY for article in group}
        for one, other in combinations(group, 2):
            if min(len(one.body), len(other.body)) <= TEXT:
                continue
            mine, theirs = (set(article.body[:1_500].lower().split()) for article in (one, other))
            overlap = len(mine & theirs) / min(len(mine), len(theirs))
            if overlap >= 0.9:
                yield "one headline, copies", title, one, other
            elif overlap < 0.7:
                kind = "recurring report" if len(days) >= 3 else "sent again"
                yield f"one headline, {kind}", title, one, other


def reports(articles: list[Article]) -> Iterator[Labelled]:
    """Reports of two companies that stand near one another."""
    tickers, leads = [], []
    for article in articles:
        if _REPORT.search(article.title):
            found = set(_TICKER.findall(article.title))
            if len(found) == 1:
                tickers.append((article, found.pop()))
            if match := _LEAD.match(article.title):
                leads.append((article, match.group(1)[:4]))
    for kind, listed, reach in (("tickers", tickers, 60), ("first words", leads, 200)):
        for at, (one, mine) in enumerate(listed):
            for other, theirs in listed[at + 1 : at + reach]:
                if mine != theirs:
                    yield f"two companies' reports by {kind}", min(mine, theirs), one, other


def flashes(articles: list[Article]) -> Iterator[Labelled]:
    """A flash and its text."""
    texts = defaultdict(list)

    def begins(title: str) -> tuple[str, ...]:
        return tuple(re.sub(r"<[^>]*>", "", title).upper().replace(",", " ").split()[:3])

    for article in articles:
        if len(article.body) > TEXT:
            texts[begins(article.title)].append(article)
    for flash in articles:
        words = begins(flash.title)
        if len(flash.body) <= TEXT and len(words) == 3:
            for text in texts.get(words, ()):
                if 0 <= text.available_at - flash.available_at <= HOUR:
                    yield "a flash and its text", " ".join(words), flash, text


def wire(file: Path, wanted: str) -> None:
    """The second table."""
    import pandas as pd

    frame = pd.read_parquet(file)
    frame["t"] = pd.to_datetime(frame["date"], errors="coerce")
    frame = frame[frame.t.notna() & (frame.title.fillna("") != "")].sort_values("t", kind="stable")
    articles = [
        Article(
            id=f"{number:06d}",
            revision="1",
            origin=f"r:{number}",
            source="wire",
            title=row.title,
            body=row.body or "",
            published_at=int(row.t.timestamp() * 1000),
            first_seen_at=0,
            available_at=int(row.t.timestamp() * 1000),
        )
        for number, row in enumerate(frame.itertuples())
    ]
    found = placed(scored(articles))
    tally: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for pairs in (headlines(articles), reports(articles), flashes(articles)):
        for kind, key, one, other in pairs:
            if side(key) == wanted and abs(one.available_at - other.available_at) <= HORIZON_MS:
                tally[kind][0] += 1
                tally[kind][1] += found[one.id] == found[other.id]
    for kind, (total, merged) in sorted(tally.items()):
        print(f"wire of 1987, {kind:40} pairs {total:>8,}  told as one {merged:>6,} ({merged / total:.4f})")


def written() -> None:
    """The third table."""
    listed = yaml.safe_load((files("classifier") / "evaluation" / "stories.yaml").read_text(encoding="utf-8"))
    articles = [
        Article(
            id=f"{wording}{story:03d}",
            revision="1",
            origin=f"w:{wording}:{story}",
            source="written",
            title=title,
            published_at=DAY + wording * HOUR + story * MINUTE,
            first_seen_at=0,
            available_at=DAY + wording * HOUR + story * MINUTE,
        )
        for story, one in enumerate(listed)
        for wording, title in enumerate(one["texts"])
    ]
    found = placed(scored(articles))
    tally: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one, other in combinations(sorted(found), 2):
        chinese = (one[0] > "1") + (other[0] > "1")
        counts = tally[("English", "across", "Chinese")[chinese]]
        real, said = one[1:] == other[1:], found[one] == found[other]
        counts[0] += real
        counts[1] += said
        counts[2] += real and said
    for kind, (pairs, joined, both) in tally.items():
        print(
            f"written by hand, {kind:7} pairs {pairs:>6,}  "
            f"precision {both / max(1, joined):.3f}  recall {both / pairs:.3f}",
            flush=True,
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=2_500)
    parser.add_argument("--seeds", type=int, nargs="+", default=[3, 11])
    parser.add_argument("--wire", type=Path, default=Path("../shared/data/replay/en_reuters_1987.parquet"))
    parser.add_argument("--side", choices=["dev", "test"], default="test")
    options = parser.parse_args()
    for seed in options.seeds:
        simulated(options.articles, seed, options.side)
    written()
    if options.wire.exists():
        wire(options.wire, options.side)
    else:
        print(f"wire of 1987: skipped, {options.wire} is not there")


if __name__ == "__main__":
    main()
