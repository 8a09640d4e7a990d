"""URLs, languages, dates and HTML fragments: the small readers."""

import pytest

from core.text.language import detect, foreign, normal, quick
from core.times import iso, parse_iso
from ingest.text.clean import clean
from ingest.times.dates import publish_time
from ingest.web.extract import plain
from ingest.web.urls import canonical, publisher_of
from tests.support.languages import FOREIGN

NOW = parse_iso("2024-05-01T12:00:00Z")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Example.COM:80/a", "http://example.com/a"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com/a?utm_source=x&id=7&fbclid=y#top", "https://example.com/a?id=7"),
        ("https://example.com:8443/a?b=2&a=1", "https://example.com:8443/a?b=2&a=1"),
        ("https://user:secret@example.com/a", "https://example.com/a"),
        (
            "https://example.com/a?gbraid=1&wbraid=2&id=7&twclid=3&ttclid=4&srsltid=5&_ga=6&_gl=7&li_fat_id=8",
            "https://example.com/a?id=7",
        ),
        (
            "https://example.com/a?vero_id=1&s_cid=2&utm-source=3&utm%5Fmedium=4&id=7",
            "https://example.com/a?id=7",
        ),
        ("https://example.com/a?id=7&partner=rss&emc=rss", "https://example.com/a?id=7"),
        ("https://example.com/a?ref=rss&mod=rss_markets_main&CMP=rss_b&rss=1", "https://example.com/a"),
        ("https://example.com/a?CMP=share_btn_tw&ref=twitter", "https://example.com/a"),
        ("https://example.com/a?ref=4711&mod=viewthread&CMP=MSFT&partner=9&rss=12", None),
        ("https://example.com/a?emc=rsb&page=2&source=rss", None),
        ("https://example.com/%7euser/%e4%b8%ad?q=%7e%2f", "https://example.com/~user/%E4%B8%AD?q=~%2F"),
        ("https://example.com/a/../b/./c//d/", "https://example.com/b/c//d/"),
        ("https://example.com/../a/..", "https://example.com/"),
        ("https://example.com/a/%2e%2e/b", "https://example.com/b"),
        ("https://example.com/%%37e/100%", "https://example.com/~/100%"),
        ("https://example.com./a", "https://example.com/a"),
        ("https://example.com/.well-known/a.b/..c", None),
        ("https://./a", ""),
        ("javascript:alert(1)", ""),
        ("tag:github.com,2008:x", ""),
        ("http://[::1/", ""),
        ("http://x:99999/", ""),
        ("", ""),
    ],
)
def test_one_address_one_writing(url: str, expected: str | None) -> None:
    expected = url if expected is None else expected
    assert canonical(url) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://news.bbc.co.uk/1", "bbc.co.uk"),
        ("https://finance.sina.com.cn/x", "sina.com.cn"),
        ("http://localhost:80/", "localhost"),
        ("http://10.0.0.1/", "10.0.0.1"),
        ("nonsense", ""),
    ],
)
def test_publisher_is_the_registrable_domain(url: str, expected: str) -> None:
    assert publisher_of(url) == expected


@pytest.mark.parametrize(
    ("text", "hint", "expected"),
    [
        ("The Fed has left rates unchanged", "", "en"),
        ("央行宣布降准0.5个百分点", "en", "zh"),
        ("日経平均は続落した", "", "ja"),
        ("코스피 지수가 하락했다", "", "ko"),
        ("Der DAX fällt nach dem Zinsentscheid der EZB deutlich", "", "de"),
        ("AAPL +3%", "", "en"),
        ("AAPL +3%", "zh", "zh"),
        ("123", "zh", "zh"),
    ],
)
def test_language_is_found(text: str, hint: str, expected: str) -> None:
    assert detect(text, hint) == expected


ENGLISH = (
    "Apple beats", "Shares plunge", "Dow Jones tumbles", "Gold gains", "Nvidia Q3 profit soars", "Oil slips",
    "Fed holds rates steady", "BAHIA COCOA REVIEW", "STANDARD OIL <SRD> TO FORM FINANCIAL UNIT", "$TSLA to the moon",
    "TEXAS COMMERCE BANCSHARES <TCB> FILES PLAN", "Deutsche Bank cuts 500 jobs", "BNP Paribas profit falls",
    "Société Générale beats estimates", "Nestlé raises prices", "Banco Santander SA posts loss",
    "Banco do Brasil cuts guidance", "Crédit Agricole and Crédit Suisse in talks", "MCDONALD'S DES MOINES STORES CLOSE",
    "SALOMON <SB> 4TH QTR NET",
)  # fmt: skip


@pytest.mark.parametrize("text", ENGLISH)
def test_english_headlines_stay_english(text: str) -> None:
    assert foreign(text) == ""
    assert detect(text, "en") == "en"


def test_other_languages_in_latin_letters_are_not_taken_for_english() -> None:
    headlines = [(tongue, text) for tongue, texts in FOREIGN.items() for text in texts]
    dump = [quick(text) or foreign(text) for _, text in headlines]
    assert "en" not in dump, "undecided at worst"
    assert sum(found != "" for found in dump) >= 0.6 * len(headlines)
    unhinted = [text for _, text in headlines if detect(text) == "en"]
    assert len(unhinted) <= 0.2 * len(headlines), unhinted
    assert [text for tongue, text in headlines if detect(text, tongue) == "en"] == [], (
        "a source that says so is believed"
    )


def test_language_tags_are_evened() -> None:
    assert [normal(tag) for tag in ("en-US", "zh_CN", "English", "中文", "zh-Hant-TW", "x", "")] == [
        "en", "zh", "en", "zh", "zh", "", "",
    ]  # fmt: skip
    assert quick("No idea") == ""


@pytest.mark.parametrize(
    ("text", "zone", "expected", "flag"),
    [
        ("2024-05-01T10:00:00+08:00", "UTC", "2024-05-01T02:00:00Z", ""),
        ("2024-05-01 10:00", "Asia/Shanghai", "2024-05-01T02:00:00Z", ""),
        ("北京时间2024年4月30日 16:38", "UTC", "2024-04-30T08:38:00Z", ""),
        ("April 30, 2024 4:38 p.m. EDT", "UTC", "2024-04-30T20:38:00Z", ""),
        ("2024-04-30", "UTC", "2024-04-30T00:00:00Z", "date_only"),
        ("2030-01-01", "UTC", "2024-05-01T12:00:00Z", "published_at_replaced"),
        ("0001-01-01T00:00:00Z", "UTC", "2024-05-01T12:00:00Z", "published_at_replaced"),
        ("sometime", "UTC", "2024-05-01T12:00:00Z", "published_at_unreadable"),
        ("", "UTC", "2024-05-01T12:00:00Z", "published_at_missing"),
        ("2024-05-01T12:30:00Z", "UTC", "2024-05-01T12:00:00Z", "published_at_replaced"),
        ("2024-05-02T08:00:00Z", "UTC", "2024-05-01T12:00:00Z", "published_at_replaced"),
        ("March 5, 2024 10:00 a.m. ET", "UTC", "2024-03-05T15:00:00Z", ""),
        ("April 5, 2024 10:00 am ET", "Asia/Shanghai", "2024-04-05T14:00:00Z", ""),
        ("March 5, 2024, 1:30 p.m. (PT)", "UTC", "2024-03-05T21:30:00Z", ""),
        ("2024-03-05 10:00 CT", "UTC", "2024-03-05T16:00:00Z", ""),
        ("Tue, 5 Mar 2024 10:00 ET", "UTC", "2024-03-05T15:00:00Z", ""),
        ("05.03.2024 10:30", "Europe/Berlin", "2024-03-05T09:30:00Z", ""),
        ("05.03.2024", "Europe/Berlin", "2024-03-04T23:00:00Z", "date_only"),
        ("20240305103000", "Asia/Shanghai", "2024-03-05T02:30:00Z", ""),
        ("1709606400", "Asia/Shanghai", "2024-03-05T02:40:00Z", ""),
        ("28-01-2016", "Asia/Shanghai", "2016-01-27T16:00:00Z", "date_only"),
        ("2024-03-05T10:30:00+01:00", "Asia/Shanghai", "2024-03-05T09:30:00Z", ""),
        ("Tue, 05 Mar 2024 10:30:00 GMT", "Asia/Shanghai", "2024-03-05T10:30:00Z", ""),
        ("Tue, 05 Mar 2024 10:30:00", "Asia/Shanghai", "2024-03-05T02:30:00Z", ""),
        ("2024-03-05 10:30 EST", "Asia/Shanghai", "2024-03-05T15:30:00Z", ""),
        ("5 minutes ago", "Asia/Shanghai", "2024-05-01T11:55:00Z", ""),
        ("3小时前", "Asia/Shanghai", "2024-05-01T09:00:00Z", ""),
        ("5 March 2024 10h30", "Europe/Paris", "2024-03-05T09:30:00Z", ""),
    ],
)
def test_publish_time_is_read_and_never_after_it_was_seen(
    text: str, zone: str, expected: str, flag: str
) -> None:
    at, found = publish_time(text, NOW, zone)
    assert (iso(at), found) == (expected, flag)


def test_html_becomes_text_and_nothing_is_executed() -> None:
    html = "<p>One &amp; <b>two</b></p><script>alert(1)</script><div>three<br>four</div><img onerror=y>"
    assert plain(html) == "One & two\nthree\nfour"
    assert plain("A < B and C > D") == "A < B and C > D"
    assert plain("ASHTON-TATE <TATE> TO OFFER") == "ASHTON-TATE <TATE> TO OFFER"
    assert plain("AT&amp;T &lt;T&gt;") == "AT&T <T>"
    assert plain("") == ""


def test_clean_text_has_no_controls_and_is_valid() -> None:
    assert clean("a\x00b\x07\tc\r\nd\x7f") == "ab\tc\r\nd"
    assert clean("x\ud83d\ude00y") == "x😀y"
    assert clean("x\ud83dy") == "x\ufffdy"
    assert clean(float("nan")) == ""
    assert clean(None) == ""
    assert clean(12) == "12"


def test_minutes_ago_count_from_when_they_were_read() -> None:
    assert [publish_time("5 minutes ago", at)[0] for at in (NOW, NOW + 60_000)] == [
        NOW - 300_000,
        NOW - 240_000,
    ]
