"""Origins: their text is stable, and says what kind of place it names."""

from __future__ import annotations

from core.origins import MAX_LENGTH, Origin, OriginKind, file_origin, record_origin, source_origin


def test_origins_are_stable_and_fit_their_column() -> None:
    assert file_origin("abc" * 20, 7) == file_origin("abc" * 20, 7) != file_origin("abc" * 20, 8)
    assert source_origin("s", "k", "r") == source_origin("s", "k", "r") != source_origin("s", "k", "r2")
    assert len(source_origin("s", "k" * 5_000, "r")) <= MAX_LENGTH
    assert len(record_origin(OriginKind.RAW_RECORD, "t" * 500, 999, 2**62)) <= MAX_LENGTH


def test_the_text_of_an_origin_says_its_kind_and_is_read_back() -> None:
    texts = {
        file_origin("0123456789abcdef0", 7): OriginKind.FILE_ROW,
        source_origin("s", "k", "r"): OriginKind.SOURCE_ITEM,
        record_origin(OriginKind.RAW_RECORD, "topic", 0, 7): OriginKind.RAW_RECORD,
        record_origin(OriginKind.SCORED_RECORD, "topic", 0, 7): OriginKind.SCORED_RECORD,
        "of another system": OriginKind.UNKNOWN,
        "f": OriginKind.UNKNOWN,
        ":7": OriginKind.UNKNOWN,
        "x:7": OriginKind.UNKNOWN,
    }
    for text, kind in texts.items():
        assert Origin.parse(text).kind is kind, text
        assert str(Origin.parse(text)) == text


def test_origins_are_written_as_stores_hold_them() -> None:
    assert file_origin("0123456789abcdef0", 7) == "f:0123456789abcdef:7"
    assert record_origin(OriginKind.RAW_RECORD, "id", 1, 2) == "k:id:1:2"
    assert record_origin(OriginKind.SCORED_RECORD, "id", 1, 2) == "t:id:1:2"
    assert source_origin("s", "k", "r").startswith("s:")
