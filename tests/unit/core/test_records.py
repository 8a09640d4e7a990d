"""Records on the wire: what goes in comes out, what is no record says why."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidRecord, Reason
from core.records import SCHEMAS, Article, DeadLetter, Health, Marker, decode, encode, json_schemas, schema_of
from tests.support.records import article, scored

_TEXT = st.text(st.characters(codec="utf-8"), max_size=200)


@pytest.mark.parametrize(
    "record",
    [
        article(1),
        scored(1, topics={"energy": 9_000}, mentions="US:AAPL", signature="ff00"),
        Health(source="s", at=1, status="silent", expected=3.5, seen=0, since=0),
        Marker(writer="w", t=5, end=True),
        DeadLetter(origin="o", reason=Reason.NO_TEXT, payload=b"\x00\xff"),
    ],
)
def test_what_is_encoded_comes_back(record: Article) -> None:
    assert decode(encode(record), schema_of(record)) == record


@given(title=_TEXT, body=_TEXT, at=st.integers(-(2**53), 2**53))
def test_any_text_and_time_comes_back(title: str, body: str, at: int) -> None:
    record = article(1, title=title, body=body, at=at)
    assert decode(encode(record), "article/1") == record


def test_encoding_is_deterministic() -> None:
    assert encode(scored(3)) == encode(scored(3))


@pytest.mark.parametrize(
    "value, schema, reason",
    [
        (b"{}", "article/9", Reason.BAD_SCHEMA),
        (b"{}", "", Reason.BAD_SCHEMA),
        (b"{}", "article/1", Reason.BAD_SCHEMA),
        (b'{"id": 5}', "article/1", Reason.BAD_SCHEMA),
        (b"not json", "article/1", Reason.BAD_JSON),
        (b'{"id": "', "marker/1", Reason.BAD_JSON),
        (b"", "marker/1", Reason.BAD_JSON),
        (b'{"writer": "\xff\xfe", "t": 1}', "marker/1", Reason.BAD_ENCODING),
        (b"[" * 100_000, "article/1", Reason.BAD_JSON),
        (b'{"id":' * 100_000, "scored/1", Reason.BAD_JSON),
    ],
)
def test_what_is_no_record_says_why(value: bytes, schema: str, reason: Reason) -> None:
    with pytest.raises(InvalidRecord) as caught:
        decode(value, schema)
    assert caught.value.reason in (reason, Reason.BAD_SCHEMA)
    assert caught.value.detail


@given(st.binary(max_size=300), st.sampled_from(sorted(SCHEMAS)))
def test_no_bytes_do_anything_but_decode_or_be_invalid(value: bytes, schema: str) -> None:
    try:
        decode(value, schema)
    except InvalidRecord as error:
        assert error.reason in (Reason.BAD_JSON, Reason.BAD_SCHEMA, Reason.BAD_ENCODING)


def test_a_field_we_do_not_know_is_no_fault() -> None:
    value = msgspec.json.encode({"writer": "w", "t": 1, "invented_later": True})
    assert decode(value, "marker/1") == Marker(writer="w", t=1)


def test_every_schema_has_a_json_schema() -> None:
    assert set(json_schemas()) == set(SCHEMAS)


def test_an_articles_text_is_title_and_body() -> None:
    assert article(1, title="a", body="b").text == "a\nb"
    assert article(1, title="", body="b").text == "b"
    assert article(1, title="a", body="").text == "a"
