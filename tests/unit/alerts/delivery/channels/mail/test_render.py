"""Mails and webhook bodies: what they say, and that text of the world stays text."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.delivery import content
from alerts.delivery.channels.contract import Message
from alerts.delivery.channels.mail.channel import compose
from alerts.delivery.channels.mail.render import render, safe_url, subject
from alerts.delivery.channels.webhook.channel import MOST_BYTES, body
from core.store import Store
from newsquake.pipeline import company_names
from tests.support.alertrows import change, rules_of
from tests.support.records import T0

RULES = rules_of()
SECRET = "whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ=="


def of(event: str = "firing", **fields: object) -> content.Content:
    one = change(RULES)
    made = content.of("main", event, one.line, one.pack, "incident-1")
    return msgspec.structs.replace(made, **fields)


def message(**fields: object) -> Message:
    return Message("msg_1", of(**fields), "http://desk.example:8501")  # type: ignore[arg-type]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.links += [value or "" for name, value in attributes if name in ("href", "src")]
        assert not any(name.startswith("on") for name, _ in attributes)


def tags(html: str) -> Tags:
    parser = Tags()
    parser.feed(html)
    return parser


def test_a_name_that_is_the_same_in_both_languages_stands_once_in_the_heading() -> None:
    assert render(message(series="entity:US:BAC")).html.count('<p class="zhname"') == 0
    assert render(message(series="topic:central_banks")).html.count('<p class="zhname"') == 1


def test_the_sentence_is_made_of_the_numbers_in_both_languages() -> None:
    mail = render(message())
    assert (
        "Negative share of law and regulation for US:JPM 73 % (8 of 11 stories; 20 articles, 9 publishers) in 1 h; "
        "18 % ± 7 expected for a Monday 09:00 UTC; p = 2e-4." in mail.text
    )
    assert "1 小时内 US:JPM 的法律监管负面占比 73 %（11 个报道中 8 个负面；20 篇文章，9 家媒体）" in mail.text
    assert "周一 09:00 UTC 预期 18 % ± 7；p = 2e-4。" in mail.html


@pytest.mark.parametrize(
    ("event", "severity", "begins"),
    [
        ("firing", "high", "[high] Law and regulation for US:JPM: negative share 73 %"),
        (
            "severity",
            "critical",
            "[critical] Law and regulation for US:JPM: negative share 73 % (was medium)",
        ),
        ("resolved", "high", "[resolved] "),
        ("reminder", "high", "[still high] "),
        ("escalated", "critical", "[escalated critical] "),
    ],
)
def test_the_subject_says_first_how_bad_it_is(event: str, severity: str, begins: str) -> None:
    before = "medium" if event == "severity" else ""
    assert subject(of(event, severity=severity, severity_before=before)).startswith(begins)


WILD = st.text(max_size=200) | st.sampled_from(
    [
        "<script>x</script>",
        "\r\nBcc: a@b.c",
        "{{ 7*7 }}",
        "\x00\x1b[31m",
        "javascript:alert(1)",
        "\u202eevil",
        '"><img src=x>',
    ]
)


@given(title=WILD, publisher=WILD, url=WILD, series=WILD, note=WILD)
def test_nothing_of_the_world_is_markup_a_header_or_a_template(
    title: str, publisher: str, url: str, series: str, note: str
) -> None:
    headline = content.Headline(
        id="1", title=title, publisher=publisher, url=url, language="en", available_at=T0,
        p_negative=9000, p_neutral=500, p_positive=500,
    )  # fmt: skip
    mail = message(headlines=[headline], series=series, note=note, rule_about=title)
    rendered = render(mail)
    found = tags(rendered.html)
    assert not found.seen & {"script", "img", "iframe", "form", "link", "object", "base"}
    assert all(link.startswith(("http://", "https://")) for link in found.links)
    assert "\n" not in rendered.subject and "\r" not in rendered.subject
    composed = compose(mail, "a@x.example", ["b@y.example"], "x.example", T0).as_bytes()
    head = composed.split(b"\r\n\r\n")[0].lower()
    assert b"\nbcc:" not in head and head.count(b"\nsubject:") + head.startswith(b"subject:") == 1


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.example/b?c=d", True), ("http://a.example", True), ("javascript:alert(1)", False),
        ("data:text/html,x", False), ("https://", False), ("https://a b", False), ("//a.example", False),
        ("https://a.example/\n", False), ("", False), ("https://[::1", False),
    ],
)  # fmt: skip
def test_only_http_addresses_become_links(url: str, kept: bool) -> None:
    assert safe_url(url) == (url if kept else "")


def test_a_mail_keeps_its_id_at_every_try_and_its_thread_over_its_life() -> None:
    first = compose(message(), "a@x.example", ["b@y.example"], "x.example", T0)
    again = compose(message(), "a@x.example", ["b@y.example"], "x.example", T0 + 9_000)
    assert first["Message-ID"] == again["Message-ID"] == "<msg_1@x.example>"
    assert first["References"] == "<alert.incident-1@x.example>"
    assert first["Auto-Submitted"] == "auto-generated"


def test_a_long_subject_begins_where_filters_look_for_it() -> None:
    def raw(company: str) -> bytes:
        what = Message("msg_1", of("severity", severity_before="low"), "", (company, ""))
        return compose(what, "a@x.example", ["b@y.example"], "x.example", T0).as_bytes()

    long = raw("A Company With A Name That Alone Fills A Line Of A Header Of A Mail And More")
    assert b"\r\nSubject: [high] Law and regulation for A Company" in b"\r\n" + long
    assert max(len(line) for line in long.split(b"\r\n\r\n", 1)[1].split(b"\r\n")) <= 78
    assert all(len(line) <= 78 for line in raw("Société Générale " * 6).split(b"\r\n") if b"=?utf-8?" in line)


def test_a_body_stays_below_the_limit_whatever_the_alert_holds() -> None:
    headline = content.Headline(
        id="1" * 64, title="标题" * 150, publisher="p" * 100, url="https://a.example/" + "x" * 580, language="zh",
        available_at=T0, p_negative=1, p_neutral=2, p_positive=3,
    )  # fmt: skip
    folded = [
        {"event": "firing", "severity": "high", "sentence": "s" * 300, "alert": "a", "series": "s"}
    ] * 500
    big = of(headlines=[headline] * 5, article_ids=["f" * 64] * 50, folded=folded, note="n" * 1000)
    data = body(Message("msg_1", big, "http://desk.example"))
    assert len(data) < MOST_BYTES
    assert json.loads(data)["data"]["alert"] == big.alert


def test_the_same_message_is_the_same_bytes_at_every_try() -> None:
    assert body(message()) == body(message())


def test_a_body_names_its_type_time_and_place() -> None:
    told = json.loads(body(message()))
    assert set(told) == {"type", "timestamp", "data"}
    assert told["type"] == "alert.firing" and told["timestamp"] == told["data"]["decided_at"]
    assert told["data"]["url"].startswith("http://desk.example:8501/alerts?alert=")
    assert told["data"]["evidence_hash"]


def test_a_digest_and_a_notice_can_be_read() -> None:
    folded = [
        {"event": "firing", "severity": "high", "series": "s", "sentence": "One <b>thing</b>", "alert": "a"}
    ]
    told = content.Content(
        event="digest", desk="main", note="3 notifications in one", folded=folded, folded_of=3
    )
    digest = render(Message("m", told, "http://desk.example:8501"))
    assert digest.subject == "[Newsquake] Digest: 3 notifications in one"
    assert "[high] Alert: One <b>thing</b>" in digest.text and "<b>" not in digest.html
    assert "http://desk.example:8501/alerts?alert=a" in digest.text
    assert "http://desk.example:8501/alerts?alert=a" in tags(digest.html).links
    assert "And 2 more: newsquake alerts list" in digest.text and "And 2 more" in digest.html
    assert "Open the dashboard: http://desk.example:8501\n" in digest.text
    notice = render(
        Message("m", content.Content(event="notice", desk="main", note="Channel x is failing"), "")
    )
    assert notice.subject == "[Newsquake] Notice: Channel x is failing"


def test_the_link_says_what_can_still_be_done() -> None:
    assert "View, acknowledge or close: http://desk" in render(message()).text
    over = render(Message("m", of("resolved", state="resolved"), "http://desk.example:8501"))
    assert "View and give a disposition: http://desk" in over.text and "acknowledge" not in over.html


def test_a_mail_calls_a_company_by_its_name_in_both_languages() -> None:
    named = Message("msg_1", of(), "http://desk.example:8501", ("JPMorgan Chase", "摩根大通"))
    mail = render(named)
    assert mail.subject == "[high] Law and regulation for JPMorgan Chase (US:JPM): negative share 73 %"
    assert "Law and regulation for JPMorgan Chase (US:JPM)" in mail.html
    assert "摩根大通（US:JPM）的法律监管" in mail.text
    assert (
        subject(of()) == "[high] Law and regulation for US:JPM: negative share 73 %"
    )  # who has no name keeps the id
    odd = render(Message("msg_1", of(), "", ("<b>Evil\r\nBcc: x@y.example</b>", "")))
    assert "\n" not in odd.subject and "<b>Evil" not in odd.html


def test_every_channel_is_handed_the_name_that_the_companies_list_has(sqlite_store: Store) -> None:
    from alerts.delivery.worker import run_once
    from core.settings import Settings
    from tests.support.alertrows import decide

    settings = Settings.model_validate(
        {"delivery": {"webhooks": [{"name": "hook", "url": "https://h.example/", "secret": SECRET}]}}
    )
    sent: list[Message] = []

    class Hook:
        name = "hook"

        def send(self, message: Message, now_ms: int) -> str:
            sent.append(message)
            return ""

        def check(self) -> str:
            return ""

    decide(sqlite_store, settings, RULES, change(RULES), now_ms=T0)
    run_once(sqlite_store, None, settings, channels={"hook": Hook()}, rules=RULES, names=company_names())
    assert [one.company for one in sent] == [("JPMorgan Chase", "摩根大通")]


def test_names_come_from_the_linkers_lists_and_a_list_that_cannot_be_read_costs_names_only(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.yaml").write_text('X:acme: [Acme Works, "艾克美"]\n')
    names = company_names((tmp_path / "mine.yaml",))
    assert names("X:acme") == ("Acme Works", "艾克美") and names("CN:600519") == (
        "Kweichow Moutai",
        "贵州茅台",
    )
    assert names("US:NOSUCH") == ("", "")
    (tmp_path / "mine.yaml").write_text("- no list\n")
    assert company_names((tmp_path / "mine.yaml",))("US:JPM") == ("", "")


def test_a_tiny_expectation_is_said_in_words_in_every_part_of_the_mail() -> None:
    mail = render(message(metric="negative_stories", observed=9.0, expected=0.0124, low=0.0, high=0.03))
    assert "Expected          less than 0.1\n" in mail.text
    assert "9 observed. Below: less than 0.1 expected." in mail.html and "0 to 0" not in mail.html
    mail = render(message(metric="negative_stories", observed=9.0, expected=0.0124, low=0.0, high=0.7))
    assert "less than 0.1 (0 to 0.7)" in mail.text and "0 to 0.7 expected" in mail.html


def test_one_story_is_called_a_story() -> None:
    assert "1 story, 1 article, 1 publisher\n" in render(message(stories=1, articles=1, publishers=1)).text


def test_an_outage_that_ended_with_its_rule_is_not_said_to_be_over() -> None:
    line = msgspec.structs.replace(change(RULES, state="resolved").line, series="outage:wire")
    made = msgspec.structs.replace(
        content.of("main", "resolved", line, b""), note="Its rule is gone. 规则已移除。"
    )
    mail = render(Message("msg_1", made))
    assert mail.subject.startswith("[resolved] ") and "as usual" not in mail.subject
    assert "Its rule is gone. 规则已移除。" in mail.text and "Evidence" not in mail.text
