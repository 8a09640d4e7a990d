"""Records that cannot be decoded or are impossible become dead letters (docs/windows.md, the table)."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from alerts.storage.polled import decode_batch
from alerts.testing import START, scored
from core import tables
from core.bus.base import SCORED, Received
from core.records import Article, Mention, encode, schema_of
from tests.support.worker_runs import END, kinds, send, work


def received(value: bytes, schema: str = "scored/1", offset: int = 0) -> Received:
    return Received(SCORED, 0, offset, b"k", value, schema)


def one(record, offset=0):
    return received(encode(record), schema_of(record), offset)


def changed(**fields):
    return msgspec.structs.replace(scored(1, START), **fields)


@pytest.mark.parametrize(
    "wrong",
    [
        changed(p_negative=-1),
        changed(p_negative=10_001),
        changed(p_negative=0, p_neutral=0, p_positive=0),
        changed(mentions=(Mention("US:A", p_negative=9_000, p_neutral=9_000),)),
        changed(article=msgspec.structs.replace(scored(1, START).article, available_at=-5)),
        changed(article=msgspec.structs.replace(scored(1, START).article, available_at=1 << 60)),
        changed(article=msgspec.structs.replace(scored(1, START).article, id="")),
        changed(article=msgspec.structs.replace(scored(1, START).article, origin="x" * 81)),
    ],
)
def test_impossible_article_is_dead_and_its_origin_known(wrong):
    batch = decode_batch([one(wrong)], "topic", 0, {})
    assert not batch.records and batch.next_offsets == {0: 1}
    [letter] = batch.dead
    assert letter.reason == "bad_schema" and letter.detail
    assert letter.origin in (wrong.article.origin, "t:topic:0:0")


def test_nan_probabilities_are_dead():
    value = encode(scored(1, START)).replace(b'"p_negative":1000', b'"p_negative":NaN')
    [letter] = decode_batch([received(value)], "topic", 0, {}).dead
    assert letter.reason == "bad_json"


def test_infinite_probabilities_are_dead():
    value = encode(scored(1, START)).replace(b'"p_negative":1000', b'"p_negative":1e400')
    assert len(decode_batch([received(value)], "topic", 0, {}).dead) == 1


@pytest.mark.parametrize("value", [b"", b"null", b"[]", b"\xff\xfe", b"{" * 100_000])
def test_garbage_is_dead_with_its_place(value):
    [letter] = decode_batch([received(value, offset=7)], "topic", 0, {}).dead
    assert letter.origin == "t:topic:0:7" and letter.offset == 7


def test_record_of_another_kind_is_dead():
    article = Article(
        id="a", revision="1", origin="o", source="s", published_at=0, first_seen_at=0, available_at=0
    )
    [letter] = decode_batch([one(article)], "topic", 0, {}).dead
    assert "no place" in letter.detail


def test_poison_is_counted_only_in_a_row():
    good, bad = one(scored(1, START)), received(b"x")
    assert decode_batch([bad, bad, good, bad], "topic", 0, {0: 5}).poison == {0: 1}
    assert decode_batch([bad, bad], "topic", 0, {0: 5}).poison == {0: 7}


def test_impossible_probabilities_are_dead_with_the_articles_own_origin(bus, store):
    import msgspec

    bad = msgspec.structs.replace(scored(1, START), p_negative=20_000)
    send(bus, bad, scored(2, START), END)
    work(bus, store)
    assert kinds(store) == {"article": 1, "dead": 1}
    with store.read() as connection:
        row = connection.execute(select(tables.dead.c.origin, tables.dead.c.reason)).one()
    assert tuple(row) == (bad.article.origin, "bad_schema")
