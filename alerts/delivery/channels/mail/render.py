"""A notification as a mail's subject, text and HTML. Untrusted text is escaped by Jinja.

Links are made only of http(s) URLs; subjects hold no line break; the HTML loads nothing from outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined

from alerts.delivery.channels.contract import Message
from alerts.delivery.content import Content, Headline
from alerts.evidence.number_text import figure, less, many, p_value, tiny
from alerts.evidence.vocabulary import SEVERITY, STATE, pick, series_name, span_words
from core.records import UNIT_SCALE
from core.times import from_ms

_SUBJECT_CHARS = 160
COLOURS = {
    "low": "#4a6b8a",
    "medium": "#a86a00",
    "high": "#b3401a",
    "critical": "#a3123a",
    "resolved": "#2c6e49",
}


@dataclass(frozen=True)
class Rendered:
    """A mail's subject and its two bodies."""

    subject: str
    text: str
    html: str


def render(message: Message) -> Rendered:
    """Return the mail of a notification."""
    shown = _shown(message)
    html = _environment().get_template("mail.html.j2").render(shown)
    text = _environment().get_template("mail.txt.j2").render(shown)
    return Rendered(subject(message.content, message.company[0]), _tidy(text), _inliner().inline(html))


def subject(content: Content, company: str = "") -> str:
    """Return the subject of the mail; without a name of the company, with its id alone.

    Example: `[high] Law and regulation for JPMorgan Chase (US:JPM): negative share 73 %`.
    """
    if content.event in ("notice", "digest", "test"):
        label = {"notice": "Notice", "digest": "Digest", "test": "Test message"}[content.event]
        return _line(f"[Newsquake] {label}" + (f": {content.note}" if content.note else ""))
    name = series_name(content.series, "en", company)
    if content.kind == "outage":
        label = {"source_silent": " is silent", "source_broken": " is broken"}.get(content.outage, "")
        # Without the kind there was no proof, only an end: its rule is gone, the source may be as silent as before.
        name += " is as usual again" if label and content.event == "resolved" else label
    mark = {
        "resolved": "resolved",
        "reminder": f"still {content.severity}",
        "escalated": f"escalated {content.severity}",
    }
    value = f": {_metric_words(content)} {figure(content.metric, content.observed)}" if content.metric else ""
    rose = f" (was {content.severity_before})" if content.severity_before else ""
    return _line(f"[{mark.get(content.event, content.severity)}] {name[:1].upper()}{name[1:]}{value}{rose}")


def _metric_words(content: Content) -> str:
    return content.metric.replace("_", " ")


def _line(text: str) -> str:
    """One line without control characters: a subject is a header."""
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return text if len(text) <= _SUBJECT_CHARS else text[: _SUBJECT_CHARS - 1] + "…"


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return "\n".join(line for at, line in enumerate(lines) if line or (at and lines[at - 1])) + "\n"


def _shown(message: Message) -> dict[str, object]:
    content = message.content
    state = content.state if content.event in ("firing", "resolved") else content.event
    if content.kind == "outage" and state == "firing":
        state = "outage"
    return {
        "c": content,
        "subject": subject(content, message.company[0]),
        "state_en": pick(STATE, state, "en"),
        "state_zh": pick(STATE, state, "zh"),
        "severity_en": pick(SEVERITY, content.severity, "en"),
        "severity_zh": pick(SEVERITY, content.severity, "zh"),
        "colour": COLOURS["resolved" if content.event == "resolved" else content.severity],
        "series_en": series_name(content.series, "en", message.company[0]),
        "series_zh": series_name(content.series, "zh", message.company[1]),
        "headlines": [_headline(line) for line in content.headlines],
        "facts": _facts(content),
        "bar": _bar(content),
        "url": _link(message, content.alert),
        "link_text": _LINK_TEXTS.get(content.event, "View, acknowledge or close") if content.alert else _OPEN,
        "folded": [
            {**line, "what": pick(STATE, line["event"], "en"), "url": _link(message, line["alert"])}
            for line in content.folded
        ],
        "not_listed": max(content.folded_of - len(content.folded), 0),
        "message_id": message.id,
    }


_OPEN = "Open the dashboard"
_LINK_TEXTS = {"resolved": "View and give a disposition"}


def _link(message: Message, alert: str) -> str:
    if not message.dashboard_url:
        return ""
    base = message.dashboard_url.rstrip("/")
    return f"{base}/alerts?alert={quote(alert)}" if alert else base


def safe_url(url: str) -> str:
    """Return the URL if it is plain http(s) with a host, else an empty text."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    plain = parts.scheme in ("http", "https") and parts.hostname and url.isprintable() and " " not in url
    return url if plain else ""


def _headline(line: Headline) -> dict[str, str]:
    if line.abstained:
        sentiment = "—"
    elif line.p_negative >= max(line.p_positive, line.p_neutral):
        sentiment = f"negative {line.p_negative / UNIT_SCALE:.0%}"
    elif line.p_positive >= line.p_neutral:
        sentiment = f"positive {line.p_positive / UNIT_SCALE:.0%}"
    else:
        sentiment = f"neutral {line.p_neutral / UNIT_SCALE:.0%}"
    return {
        "title": line.title,
        "url": safe_url(line.url),
        "publisher": line.publisher,
        "at": f"{from_ms(line.available_at):%d %b %H:%M} UTC",
        "sentiment": sentiment,
        "language": line.language,
    }


def _facts(content: Content) -> list[tuple[str, str]]:
    facts = [("Rule", content.rule + (f" — {content.rule_about}" if content.rule_about else ""))]
    if content.metric:
        value = figure(content.metric, content.observed)
        facts.append((f"{_metric_words(content).capitalize()}", value))
        if content.expected is not None:
            facts.append(("Expected", _expected(content)))
    if content.p_value is not None and content.kind == "market":
        facts.append(("p", p_value(content.p_value)))
    if content.threshold is not None and content.statistic is not None:
        facts.append(("Statistic", f"{content.statistic:.2f} (threshold {content.threshold:.2f})"))
    if content.window_ms:
        facts.append(("Window", span_words(content.window_ms, "en")))
    if content.kind == "outage":
        facts += content.facts
    else:
        counts = f"{many(content.stories, 'story', 'stories')}, {many(content.articles, 'article')}, "
        counts += many(content.publishers, "publisher")
        facts.append(("Evidence", counts))
    since = "First notified" if content.kind == "outage" else "Since"
    facts.append((since, content.onset.replace("T", " ").replace("Z", " UTC")))
    facts.append(("Decided", content.decided_at.replace("T", " ").replace("Z", " UTC")))
    if content.incident:
        facts.append(("Incident", content.incident[:12]))
    return facts


def _expected(content: Content) -> str:
    metric, low, high = content.metric, content.low, content.high
    middle = less("en") if tiny(metric, content.expected) else figure(metric, content.expected)
    if low is None or high is None or tiny(metric, high):
        return middle
    return f"{middle} ({figure(metric, low)} to {figure(metric, high)})"


def _bar(content: Content) -> dict[str, Any] | None:
    """Widths in per cent of a bar from 0: the expected band, and where the observed value stands."""
    known = (content.observed, content.expected, content.low, content.high)
    if any(value is None for value in known) or content.metric in ("mean_sentiment", "net_sentiment", ""):
        return None
    observed, expected, low, high = (float(value) for value in known if value is not None)
    whole = 1.0 if content.metric == "negative_share" else max(observed, high, expected) * 1.1
    if whole <= 0:
        return None

    def place(value: float) -> float:
        return round(min(max(value / whole, 0.0), 1.0) * 100, 1)

    before, band = place(low), max(place(high) - place(low), 0.5)
    return {
        "before": before,
        "band": band,
        "after": round(max(100 - before - band, 0), 1),
        "mark": place(observed),
        "observed": figure(content.metric, observed),
        "expected": less("en")
        if tiny(content.metric, high)
        else f"{figure(content.metric, low)} to {figure(content.metric, high)}",
    }


@lru_cache(maxsize=1)
def _environment() -> Environment:
    # Autoescape for both faces' sources is by extension; the text face must not be escaped, it is no markup.
    return Environment(
        loader=PackageLoader("alerts.delivery.channels.mail", "templates"),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)
