"""The real data in ../shared: counts, feeds and pages, as they are claimed in docs/ingest.md."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.errors import Refused
from core.records import Article
from core.text.language import detect_foreign, detect_quick
from ingest.items.build import build
from ingest.items.item import SourceInfo
from ingest.replay.sorted_dump import SortedDump
from ingest.sources.feed.parsing import parse_feed

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not there"),
]


@pytest.mark.parametrize(
    ("name", "rows", "articles", "dead"),
    [
        ("en_reuters_1987", 21_578, 20_840, {"no_text": 737, "no_time": 1}),
        ("en_stock_tweets_2014_2016", 119_844, 96_826, {}),
        ("en_gold_headlines_2000_2019", 10_570, 10_405, {"no_time": 165}),
    ],
)
def test_every_row_is_an_article_a_copy_or_dead(
    tmp_path: Path, name: str, rows: int, articles: int, dead: dict[str, int]
) -> None:
    dump = SortedDump(SHARED / "replay" / f"{name}.parquet", folder=tmp_path)
    assert dump.load(SystemClock(), lambda read: True)
    groups = copies = newest = 0
    for group in dump.groups():
        assert group.available_at >= newest
        newest = group.available_at
        groups += 1
        copies += len(group.copies)
    reasons: dict[str, int] = {}
    for letter in dump.dead():
        reasons[str(letter.reason)] = reasons.get(str(letter.reason), 0) + 1
    assert (dump.rows, groups, reasons) == (rows, articles, dead)
    assert rows == groups + copies + sum(dead.values())


def test_every_real_feed_is_parsed_or_refused_with_a_reason() -> None:
    parsed, refused = 0, []
    for file in sorted((SHARED / "feeds").iterdir()):
        try:
            items = parse_feed(file.read_bytes(), "https://example.com/feed")
        except Refused as error:
            refused.append(file.name)
            assert "not a feed" in str(error)
            continue
        records = [build(item, SourceInfo("x"), 1_700_000_000_000) for item in items]
        assert items, file.name
        assert all(isinstance(record, Article) or record.reason for record in records)
        parsed += 1
    assert refused == ["unrecognized.rss"]
    assert parsed == len(list((SHARED / "feeds").iterdir())) - 1


@pytest.mark.parametrize(
    ("file", "column", "most"),
    [
        ("replay/en_reuters_1987", "title", 0.003),
        ("replay/en_gold_headlines_2000_2019", "text", 0.001),
        ("sentiment/en_phrasebank", "text", 0.001),
        ("sentiment/en_sentfin_headlines", "text", 0.001),
    ],
)
def test_real_english_headlines_are_not_taken_for_another_language(
    file: str, column: str, most: float
) -> None:
    import pandas as pd

    texts = [text for text in pd.read_parquet(SHARED / f"{file}.parquet")[column].dropna() if text]
    foreign_ones = [text for text in texts if (detect_quick(text) or detect_foreign(text)) not in ("", "en")]
    assert len(foreign_ones) <= most * len(texts), foreign_ones[:10]


def test_article_text_is_found_at_least_as_well_as_trafilatura_does() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
    try:
        import ingest_pages
    finally:
        sys.path.pop(0)
    figures = ingest_pages.measure(SHARED / "pages" / "en")
    assert figures["newsquake"].f1 >= max(0.97, figures["trafilatura"].f1)


def test_real_page_gives_its_metadata() -> None:
    from ingest.web.extract import extract_page

    page = extract_page(gzip.decompress((SHARED / "pages" / "en" / "2c46804d9db4.html.gz").read_bytes()))
    assert page.title
    assert page.published
