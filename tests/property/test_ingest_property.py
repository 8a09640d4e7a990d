"""Whatever stands in a dump: every row has one fate, order is kept, twice is alike."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.clock import ManualClock
from core.records import Article, decode
from ingest.replay.sorted_dump import SortedDump
from ingest.text.charset import decode_text, normalize_text
from ingest.text.clean import clean
from ingest.times.moments import parse_moment
from ingest.web.extract import plain
from ingest.web.unpack import unpack
from ingest.web.urls import canonical

NOW = 1_700_000_000_000
TIMES = st.one_of(
    st.none(), st.integers(-(10**13), 10**13), st.text(max_size=20), st.floats(),
    st.datetimes().map(str), st.dates().map(str),
    st.sampled_from(["1987-10-19T16:30:00", "3-MAR-1987 09:15:05.40", "1987-10-19"]),
)  # fmt: skip
TEXTS = st.one_of(
    st.none(), st.just(""), st.text(max_size=40), st.integers(), st.lists(st.text(max_size=3), max_size=2)
)
ROWS = st.fixed_dictionaries(
    {"date": TIMES, "title": TEXTS},
    optional={
        "body": TEXTS, "text": TEXTS, "id": st.one_of(st.none(), st.integers(0, 3)),
        "url": st.one_of(st.none(), st.text(max_size=30)), "ticker": TEXTS, "lang": TEXTS,
        "date_raw": TIMES, "available_at": TIMES,
    },
)  # fmt: skip


@given(
    st.lists(st.one_of(ROWS, st.integers(), st.text(max_size=10)), min_size=1, max_size=40),
    st.integers(200, 4000),
)
def test_every_row_has_one_fate_and_order_is_kept(rows: list[Any], memory: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = [json.dumps({"date": 1, "title": "first"}), *(json.dumps(row) for row in rows)]
        (folder / "d.jsonl").write_text("\n".join(lines))
        fates = [_fates(folder, size) for size in (memory, 1 << 24)]
    assert fates[0] == fates[1], "sorting on disk or in memory is the same"
    articles, copies, dead, times = fates[0]
    assert sorted(articles + copies + dead) == list(range(len(lines)))
    assert times == sorted(times)


def _fates(folder: Path, memory: int) -> tuple[list[int], list[int], list[int], list[int]]:
    dump = SortedDump(folder / "d.jsonl", folder=folder, sort_memory_bytes=memory)
    assert dump.load(ManualClock(NOW), lambda read: True)
    groups = list(dump.groups())
    for group in groups:
        article = decode(group.value, "article/1")
        assert isinstance(article, Article)
        assert (article.id, article.revision, article.available_at) == (
            group.id,
            group.revision,
            group.available_at,
        )
        assert article.title or article.body
    dead = [int(letter.origin.rpartition(":")[2]) for letter in dump.dead()]
    dump.close()
    return (
        [g.row for g in groups],
        [row for g in groups for row in g.copies],
        dead,
        [g.available_at for g in groups],
    )


@given(st.one_of(TIMES, st.text(max_size=60)))
def test_no_text_breaks_the_reader_of_times(value: object) -> None:
    found = parse_moment(value)
    assert found is None or isinstance(found[0], int)


@given(st.one_of(st.text(max_size=200), st.text("%27eE./?&=#a:@", max_size=40)))
def test_canonical_addresses_stay_as_they_are(text: str) -> None:
    for url in (text, f"https://example.com/{text}", f"http://{text}/"):
        assert canonical(canonical(url)) == canonical(url)


@given(
    st.binary(max_size=400),
    st.sampled_from(["", "text/html; charset=gbk", "charset=utf-16", "charset=hz", "charset=utf-7"]),
)
def test_any_bytes_give_text_that_can_be_sent(data: bytes, declared: str) -> None:
    text, _ = decode_text(data, declared)
    clean(normalize_text(text)).encode()


@given(st.text(max_size=300))
def test_any_fragment_becomes_plain_text(html: str) -> None:
    plain(html).encode()
    plain(f"<p>{html}</p><script>{html}</script>").encode()


@given(st.binary(max_size=300), st.sampled_from(["gzip", "br", "zstd", "deflate", "gzip, br"]))
def test_broken_compression_is_refused_or_bounded(data: bytes, encoding: str) -> None:
    from core.errors import Refused

    try:
        assert len(unpack(data, encoding, 1000)) <= 1000
    except Refused as error:
        assert str(error)
