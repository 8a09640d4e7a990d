"""One sentence for an alert, in English and in Chinese, made from its numbers and from nothing else.

No text of an article gets into it.
"""

from __future__ import annotations

from alerts.evidence import outage_sentence
from alerts.evidence.number_text import COUNTS, SHARES, figure, less, many, p_value, tiny
from alerts.evidence.vocabulary import METRIC, WEEKDAYS, DisplayLanguage, pick, series_name, span_words
from alerts.lifecycle.outage_proof import OutageProof
from alerts.records import AlertLine, Verdict, Window
from alerts.rules.model import AnyRule, Rule
from core.times import DAY, HOUR, MINUTE, from_ms, parse_iso

_LANGUAGES: tuple[DisplayLanguage, ...] = ("en", "zh")
_SINGULAR = {
    "stories": "story",
    "negative_stories": "negative story",
    "articles": "article",
    "publishers": "publisher",
}


def both(
    line: AlertLine,
    rule: AnyRule,
    window: Window | None,
    verdict: Verdict | None,
    outage: OutageProof | None = None,
) -> dict[str, str]:
    """Return the sentence of an alert by language, `en` and `zh`.

    It is an outage's where `outage` is given, an immediate rule's where `window` or `verdict` is None, else a window
    rule's.
    """
    if outage is not None:
        return outage_sentence.sentence(line, outage)
    if not isinstance(rule, Rule) or window is None or verdict is None:
        return immediate(line)
    return windowed(line, rule.metric, window, verdict)


def windowed(
    line: AlertLine, metric: str, window: Window, verdict: Verdict, *, round_to_0: bool = False
) -> dict[str, str]:
    """Return the sentence of a window rule's alert by language, `en` and `zh`.

    `round_to_0`: as earlier versions wrote it, with a tiny expectation as 0; their packs are verified with it.
    """
    expected = {lang: _expected(metric, verdict, lang, round_to_0) for lang in _LANGUAGES}
    if verdict.since is not None:
        quiet = window.end - verdict.since
        return {lang: _silent(line, quiet, expected[lang], lang) for lang in _LANGUAGES}
    return {lang: _windowed(line, metric, window, expected[lang], lang) for lang in _LANGUAGES}


def _windowed(line: AlertLine, kind: str, window: Window, expected: str, lang: DisplayLanguage) -> str:
    name, metric = series_name(line.series, lang), pick(METRIC, kind, lang)
    value, span = figure(kind, line.observed), span_words(window.end - window.start, lang)
    counts = _counts(kind, window, lang)
    moment = from_ms(window.end)
    day, hour = WEEKDAYS[moment.weekday()][lang == "zh"], f"{moment:%H:%M} UTC"
    if lang == "zh":
        gap = " " if name[-1:].isascii() else ""  # as Chinese is set: a space between Latin and Han
        text = f"{span}内 {name}{gap}{metric} {value}（{counts}）"
        if line.expected is not None:
            text += f"；{day} {hour} 预期{expected}"
        return text + (f"；p = {p_value(line.p_value)}。" if line.p_value is not None else "。")
    text = f"{metric} of {name} {value} ({counts}) in {span}"
    if kind in COUNTS:
        one = _SINGULAR[kind] if value == "1" else metric.lower()
        text = f"{value} {one} on {name} in {span} ({counts})"
    if line.expected is not None:
        text += f"; {expected} expected for a {day} {hour}"
    return text + (f"; p = {p_value(line.p_value)}." if line.p_value is not None else ".")


def _silent(line: AlertLine, quiet: int, expected: str, lang: DisplayLanguage) -> str:
    """Of a silence: what was expected is of the whole quiet, which is longer than any window."""
    name, span = series_name(line.series, lang), span_words(_whole(quiet), lang)
    p = p_value(line.p_value)
    if lang == "zh":
        gap = " " if name[-1:].isascii() else ""
        return f"{name}{gap}已 {span}没有报道；其间预期{expected}；p = {p}。"
    return f"No story on {name} for {span}; {expected} expected in that time; p = {p}."


def _whole(quiet: int) -> int:
    """A span in whole days from three on, else whole hours from two on, else minutes; rounded down."""
    unit = DAY if quiet >= 3 * DAY else HOUR if quiet >= 2 * HOUR else MINUTE
    return quiet - quiet % unit


def _counts(metric: str, window: Window, lang: DisplayLanguage) -> str:
    """The counts behind the figure, without those that the sentence gives already."""
    if lang == "zh":
        stories = (
            f"{window.decided} 个报道中 {window.negative} 个负面；"
            if metric in SHARES
            else f"{window.stories} 个报道；"
        )
        articles = f"{window.articles} 篇文章，{window.publishers} 家媒体"
        return articles if metric == "stories" else stories + articles
    stories = (
        f"{window.negative} of {many(window.decided, 'story', 'stories')}; "
        if metric in SHARES
        else f"{many(window.stories, 'story', 'stories')}; "
    )
    articles = f"{many(window.articles, 'article')}, {many(window.publishers, 'publisher')}"
    return articles if metric == "stories" else stories + articles


def _expected(metric: str, verdict: Verdict, lang: DisplayLanguage, round_to_0: bool) -> str:
    """`18 % ± 7`, `1.3 (0 – 5.3)`, `less than 0.1`; in Chinese with a space before figures only."""
    gap = " " if lang == "zh" else ""
    middle = figure(metric, verdict.expected)
    if not round_to_0 and tiny(metric, verdict.expected):
        middle, gap = less(lang), ""
    if verdict.expected is None or verdict.low is None or verdict.high is None:
        return gap + middle
    up, down = verdict.high - verdict.expected, verdict.expected - verdict.low
    if metric in SHARES:
        up, down = up * 100, down * 100
    if f"{up:.0f}" == f"{down:.0f}" and metric in SHARES:
        return f"{gap}{middle} ± {up:.0f}"
    if not round_to_0 and tiny(metric, verdict.high):
        return gap + middle  # a band from 0 to 0 is left out
    return f"{gap}{middle} ({figure(metric, verdict.low)} – {figure(metric, verdict.high)})"


def immediate(line: AlertLine) -> dict[str, str]:
    """Return the sentence of an immediate rule's alert, `en` and `zh`. Raises ValueError for an invalid onset."""
    return {lang: _immediate(line, lang) for lang in _LANGUAGES}


def _immediate(line: AlertLine, lang: DisplayLanguage) -> str:
    moment = from_ms(parse_iso(line.onset))
    at, name = f"{moment:%Y-%m-%d %H:%M} UTC", series_name(line.series, lang)
    if lang == "zh":
        return f"单篇文章即满足规则：{name}（{at}）。"
    return f"One article on {name} met the rule by itself ({at})."
