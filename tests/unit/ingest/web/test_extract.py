"""Fragments of HTML become text."""

from __future__ import annotations

from ingest.web.extract import plain


def test_html_becomes_text_and_nothing_is_executed() -> None:
    html = "<p>One &amp; <b>two</b></p><script>alert(1)</script><div>three<br>four</div><img onerror=y>"
    assert plain(html) == "One & two\nthree\nfour"
    assert plain("A < B and C > D") == "A < B and C > D"
    assert plain("ASHTON-TATE <TATE> TO OFFER") == "ASHTON-TATE <TATE> TO OFFER"
    assert plain("AT&amp;T &lt;T&gt;") == "AT&T <T>"
    assert plain("") == ""
