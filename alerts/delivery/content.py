"""The content of a notification as data, from which all channels render their messages.

Taken from the alert's line and its evidence pack; small enough (well under 20 kB) for any receiver. Titles and
names are untrusted: channels escape them (channels/mail/render.py).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from alerts.evidence import outage_sentence, schema
from alerts.lifecycle.outage_proof import OutageProof
from alerts.records import AlertLine, Severity, State
from alerts.rules.outage_rule import is_outage

MOST_IDS = 50
_TITLE_CHARS = 300
_URL_CHARS = 600


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """One of the strongest articles. Probabilities in 1/10,000, `available_at` in milliseconds."""

    id: str
    title: str
    publisher: str
    url: str
    language: str
    available_at: int
    p_negative: int
    p_neutral: int
    p_positive: int
    abstained: bool = False


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A notification. `event`: firing | severity | resolved | reminder | escalated | notice | digest | test."""

    event: str
    desk: str
    alert: str = ""
    incident: str = ""
    rule: str = ""
    rule_version: str = ""
    rule_about: str = ""
    series: str = ""
    metric: str = ""
    state: State = "firing"
    severity: Severity = "low"
    severity_before: str = ""
    """Of the event `severity`: the severity before the rise."""
    onset: str = ""
    decided_at: str = ""
    observed: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    threshold: float | None = None
    statistic: float | None = None
    articles: int = 0
    stories: int = 0
    publishers: int = 0
    article_ids: list[str] = []
    """At most 50; `articles` says how many there are."""
    window_ms: int = 0
    sentence: dict[str, str] = {}
    headlines: list[Headline] = []
    model_versions: list[str] = []
    evidence_hash: str = ""
    note: str = ""
    """Additional text: why it is sent again, who acknowledged, what failed."""
    kind: Literal["market", "outage"] = "market"
    outage: str = ""
    """`source_silent` or `source_broken`; `facts` has the details."""
    facts: list[tuple[str, str]] = []
    folded: list[dict[str, str]] = []
    """Of a digest: the notifications that it replaces (event, severity, series, sentence, alert)."""
    folded_of: int = 0
    """Of a digest: how many notifications it replaces; `folded` lists at most 100."""


def of(desk: str, event: str, line: AlertLine, pack: bytes, incident: str = "") -> Content:
    """Return the content of a change of an alert. With an empty `pack` it has neither headlines nor a sentence.

    `event` is one of those of Content. Raises msgspec.DecodeError for a pack that is none.
    """
    made = schema.load(pack) if pack else None
    verdict = (made.verdict or {}) if made else {}
    rule = made.rule if made else {}
    shown = {article.id: article for article in made.articles} if made else {}
    return Content(
        event=event,
        desk=desk,
        alert=line.id,
        incident=incident,
        rule=line.rule,
        rule_version=line.rule_version,
        rule_about=str(rule.get("about", "")),
        series=line.series,
        metric=str(rule.get("metric", "")),
        state=line.state,
        severity=line.severity,
        onset=line.onset,
        decided_at=line.decided_at,
        observed=line.observed,
        expected=line.expected,
        low=verdict.get("low"),
        high=verdict.get("high"),
        p_value=line.p_value,
        threshold=made.threshold if made else None,
        statistic=verdict.get("statistic"),
        articles=line.articles,
        stories=line.stories,
        publishers=line.publishers,
        article_ids=line.article_ids[:MOST_IDS],
        window_ms=(made.window["end"] - made.window["start"]) if made and made.window else 0,
        sentence=made.sentence if made else {},
        headlines=[_headline(shown[name]) for name in (made.headlines if made else []) if name in shown],
        model_versions=made.model_versions if made else [],
        evidence_hash=made.hash if made else "",
        kind="outage" if is_outage(line.series) else "market",
        outage=str(rule.get("kind", "")) if is_outage(line.series) else "",
        facts=outage_sentence.facts(made.outage) if made and isinstance(made.outage, OutageProof) else [],
    )


def _headline(article: schema.EvidenceArticle) -> Headline:
    return Headline(
        id=article.id,
        title=_cut(article.title, _TITLE_CHARS),
        publisher=_cut(article.publisher or article.source, 100),
        url=article.url if len(article.url) <= _URL_CHARS else "",
        language=article.language,
        available_at=article.available_at,
        p_negative=article.p_negative,
        p_neutral=article.p_neutral,
        p_positive=article.p_positive,
        abstained=article.abstained,
    )


_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0xFEFF])


def _cut(text: str, most: int) -> str:
    """One line, without the characters that make text read in another order than it stands."""
    text = " ".join("".join(char if char >= " " else " " for char in text).translate(_BIDI).split())
    return text if len(text) <= most else text[: most - 1] + "…"


def to_json(content: Content) -> str:
    """Return the content as JSON, as the outbox stores it."""
    return msgspec.json.encode(content).decode()


def from_json(text: str) -> Content:
    """Return the content of an outbox row's payload. Raises msgspec.DecodeError."""
    return msgspec.json.decode(text, type=Content)


def plain(content: Content) -> dict[str, Any]:
    """Return the content as dicts, lists and scalars, by field name."""
    found: dict[str, Any] = msgspec.to_builtins(content)
    return found
