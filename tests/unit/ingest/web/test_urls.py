"""One address has one form, and a publisher."""

from __future__ import annotations

import pytest

from ingest.web.urls import canonical, publisher_of


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Example.COM:80/a", "http://example.com/a"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com/a?utm_source=x&id=7&fbclid=y#top", "https://example.com/a?id=7"),
        ("https://example.com/a\x85#top", "https://example.com/a"),
        ("https://example.com/a/.. ?utm_source=x", "https://example.com/"),
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
