"""What of a long text is read, and that a short one is read by one chunk."""

from functools import lru_cache

import pytest

from classifier.network.registry import SHIPPED
from classifier.reading.chunks import article, later, lead, width
from classifier.reading.normal import normal
from classifier.reading.tokenizer import Chunk, ChunkTokenizer
from classifier.records import Text

DULL = "The weather in the town was as it is. "
BAD = "The bank said its profit fell after a fraud probe and it will cut the dividend. "
DULL_ZH = "公司今天在本市召开例行会议，议程与去年相同。"
BAD_ZH = "公司因财务造假被立案调查，债券违约，濒临破产。"


@lru_cache(1)
def shipped() -> ChunkTokenizer:
    return ChunkTokenizer(SHIPPED)


def chunks(text: Text, names: list[str] | None = None) -> list[str]:
    """The lead as far as its 112 pieces go, and the later chunks."""
    tokens, first = shipped(), lead(text)
    seen: list[int] = []

    def further(_: int, read: int, spans: object) -> list[str]:
        seen.append(read)
        return later(text, read, len(first), names or [])

    read: list[Chunk] = tokens.chunks([first], [[]], further)
    out = later(text, seen[0], len(first), names or [])
    assert len(read) == 1 + len(out) and all(len(w.ids) <= 112 for w in read)
    return [first[: seen[0]], *out]


def test_a_short_article_is_one_window_of_title_and_body() -> None:
    assert chunks(Text("Title", "Body.")) == ["Title\nBody."]
    assert chunks(Text("", "Body.")) == ["Body."]
    assert chunks(Text("", "")) == [""]
    tweet = "$TSLA up 5% on the day. " * 8
    assert chunks(Text(tweet)) == [tweet.strip()]


@pytest.mark.parametrize(
    ("dull", "bad", "count"), [(DULL, BAD, 17), (DULL, BAD, 60), (DULL_ZH, BAD_ZH, 10), (DULL_ZH, BAD_ZH, 60)]
)
@pytest.mark.parametrize("titled", [True, False])
def test_the_telling_part_is_read_wherever_it_stands(dull: str, bad: str, count: int, titled: bool) -> None:
    body = dull * count + bad + dull * count
    found = chunks(Text("Bank news", body) if titled else Text(body))
    assert 2 <= len(found) <= 3
    assert any(normal(bad).strip(".") in chunk for chunk in found[1:])


def test_what_stands_right_behind_the_lead_is_read() -> None:
    body = " ".join(f"Sentence {i} says that all of it stays as it has been." for i in range(60))
    first, *further = chunks(Text("News", body))
    last = first.rpartition("Sentence ")[2].split()[0]
    assert further[0].startswith(
        f"Sentence {last} "
    )  # the sentence that the lead cut off, from its beginning


def test_a_window_that_shows_a_company_comes_first() -> None:
    told = "The fund cut the price. " + DULL * 8
    body = DULL * 20 + told + "Boeing builds planes in the town. " + DULL * 20 + told
    assert not any("Boeing" in chunk for chunk in chunks(Text("News", body)))
    assert any("Boeing" in chunk for chunk in chunks(Text("News", body), ["Boeing"]))


def test_figures_and_abbreviations_stay_whole() -> None:
    (chunk,) = later(
        Text("x " * 480 + "Revenue rose 3.5% to $1.25 billion. The U.S. firm cut 1,200 jobs. "), 900, 959
    )
    assert "Revenue rose 3.5% to $1.25 billion. The U.S. firm cut 1,200 jobs." in chunk


def test_a_long_text_without_a_body_has_its_first_sentence_as_title() -> None:
    assert article(Text("Oil slips.")) == ("Oil slips.", "")
    assert article(Text("T", "Body. " * 200)) == ("T", "Body. " * 200)
    title, body = article(Text("The U.S. firm fell 3.5% on the day. " + DULL * 20))
    assert title == "The U.S. firm fell 3.5% on the day." and body.strip() == (DULL * 20).strip()
    title, body = article(Text(BAD_ZH + DULL_ZH * 10))
    assert title == BAD_ZH and body == DULL_ZH * 10
    title, body = article(Text("word " * 300))
    assert title.endswith("word") and 150 < len(title) <= 220 and title + body == "word " * 300


def test_chunks_stay_short_whatever_the_text() -> None:
    for body in ("x" * 100_000, "a. " * 40_000, "。" * 50_000, "\n" * 50_000, "赢" * 9_000, "\x00" * 3_000):
        for text in (Text("t", body), Text(body), Text(body, body)):
            assert all(width(w) <= 1_300 for w in chunks(text))
