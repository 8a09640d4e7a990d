"""One sentence for an alert, in English and in Chinese, made from its numbers and from nothing else.

No word comes from an article: a headline cannot speak through our sentence.
"""

from __future__ import annotations

from alerts import outagewords
from alerts.outageproof import Proof
from alerts.records import AlertLine, Verdict, Window
from alerts.rules import AnyRule, Rule
from alerts.words import METRIC, WEEKDAYS, Tongue, pick, series_name, span_words
from core.times import DAY, HOUR, MINUTE, from_ms, parse_iso

_SHARES = ("negative_share",)
_COUNTS = ("stories", "negative_stories", "articles", "publishers")
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
    outage: Proof | None = None,
) -> dict[str, str]:
    """The sentence by language, `en` and `zh`."""
    if outage is not None:
        return outagewords.sentence(line, outage)
    if not isinstance(rule, Rule) or window is None or verdict is None:
        return {"en": _immediate(line, "en"), "zh": _immediate(line, "zh")}
    return windowed(line, rule.metric, window, verdict)


def windowed(line: AlertLine, metric: str, window: Window, verdict: Verdict) -> dict[str, str]:
    """The sentence of a window rule's alert, by language."""
    if verdict.since is not None:
        return {
            "en": _silent(line, metric, window.end - verdict.since, verdict, "en"),
            "zh": _silent(line, metric, window.end - verdict.since, verdict, "zh"),
        }
    return {
        "en": _windowed(line, metric, window, verdict, "en"),
        "zh": _windowed(line, metric, window, verdict, "zh"),
    }


def _windowed(line: AlertLine, kind: str, window: Window, verdict: Verdict, tongue: Tongue) -> str:
    name, metric = series_name(line.series, tongue), pick(METRIC, kind, tongue)
    value, span = figure(kind, line.observed), span_words(window.end - window.start, tongue)
    counts = _counts(kind, window, tongue)
    moment = from_ms(window.end)
    day, hour = WEEKDAYS[moment.weekday()][tongue == "zh"], f"{moment:%H:%M} UTC"
    if tongue == "zh":
        gap = " " if name[-1:].isascii() else ""  # as Chinese is set: a space between Latin and Han
        said = f"{span}内 {name}{gap}{metric} {value}（{counts}）"
        if line.expected is not None:
            said += f"；{day} {hour} 预期 {_expected(kind, verdict)}"
        return said + (f"；p = {p_value(line.p_value)}。" if line.p_value is not None else "。")
    said = f"{metric} of {name} {value} ({counts}) in {span}"
    if kind in _COUNTS:
        one = _SINGULAR[kind] if value == "1" else metric.lower()
        said = f"{value} {one} on {name} in {span} ({counts})"
    if line.expected is not None:
        said += f"; {_expected(kind, verdict)} expected for a {day} {hour}"
    return said + (f"; p = {p_value(line.p_value)}." if line.p_value is not None else ".")


def _silent(line: AlertLine, kind: str, quiet: int, verdict: Verdict, tongue: Tongue) -> str:
    """Of a silence: what was expected is of the whole quiet, which is longer than any window."""
    name, span = series_name(line.series, tongue), span_words(_whole(quiet), tongue)
    expected, p = _expected(kind, verdict), p_value(line.p_value)
    if tongue == "zh":
        gap = " " if name[-1:].isascii() else ""
        return f"{name}{gap}已 {span}没有报道；其间预期 {expected}；p = {p}。"
    return f"No story on {name} for {span}; {expected} expected in that time; p = {p}."


def _whole(quiet: int) -> int:
    """A span as it is best said: whole days from three on, else whole hours from two on, else minutes; rounded down."""
    unit = DAY if quiet >= 3 * DAY else HOUR if quiet >= 2 * HOUR else MINUTE
    return quiet - quiet % unit


def _counts(metric: str, window: Window, tongue: Tongue) -> str:
    """What the figure rests on; what the sentence says already is not said again."""
    if tongue == "zh":
        stories = (
            f"{window.decided} 个报道中 {window.negative} 个负面；"
            if metric in _SHARES
            else f"{window.stories} 个报道；"
        )
        articles = f"{window.articles} 篇文章，{window.publishers} 家媒体"
        return articles if metric == "stories" else stories + articles
    stories = (
        f"{window.negative} of {_many(window.decided, 'story', 'stories')}; "
        if metric in _SHARES
        else f"{_many(window.stories, 'story', 'stories')}; "
    )
    articles = f"{_many(window.articles, 'article')}, {_many(window.publishers, 'publisher')}"
    return articles if metric == "stories" else stories + articles


def _many(number: int, one: str, more: str = "") -> str:
    return f"{number} {one if number == 1 else more or one + 's'}"


def _expected(metric: str, verdict: Verdict) -> str:
    middle = figure(metric, verdict.expected)
    if verdict.expected is None or verdict.low is None or verdict.high is None:
        return middle
    up, down = verdict.high - verdict.expected, verdict.expected - verdict.low
    if metric in _SHARES:
        up, down = up * 100, down * 100
    if f"{up:.0f}" == f"{down:.0f}" and metric in _SHARES:
        return f"{middle} ± {up:.0f}"
    return f"{middle} ({figure(metric, verdict.low)} – {figure(metric, verdict.high)})"


def figure(metric: str, value: float | None) -> str:
    """A metric's value as it is said: `73 %`, `12`, `-0.41`; NA where there is none."""
    if value is None:
        return "NA"
    if metric in _SHARES:
        return f"{value * 100:.0f} %"
    if metric in _COUNTS:
        return f"{value:.0f}" if abs(value - round(value)) < 0.05 or value >= 20 else f"{value:.1f}"
    return f"{value:+.2f}"


def p_value(value: float | None) -> str:
    """`2e-4`; NA where there is none."""
    if value is None:
        return "NA"
    if value >= 0.001:
        return f"{value:.2g}"
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def _immediate(line: AlertLine, tongue: Tongue) -> str:
    moment = from_ms(parse_iso(line.onset))
    at, name = f"{moment:%Y-%m-%d %H:%M} UTC", series_name(line.series, tongue)
    if tongue == "zh":
        return f"单篇文章即满足规则：{name}（{at}）。"
    return f"One article on {name} met the rule by itself ({at})."
