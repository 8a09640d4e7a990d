"""Counting the articles of an evidence pack again: window, hop, stories, publishers, models.

The arithmetic is written again and not shared with the desk (see derivation.py).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from alerts.detectors import traits_of
from alerts.evidence import assembly, schema
from alerts.evidence.verify.checks import Check, listed, same
from alerts.records import Window
from alerts.windows.naming import MIN_RELEVANCE
from alerts.windows.series import entity_of, language_of, topic_of
from core.records import UNIT_SCALE
from core.times import iso, parse_iso

_ROUNDING = 2
"""Tolerance, in 1/10,000, of the sum of three shares that were rounded separately."""
_UNSAFE = re.compile(r"[\s@\x00-\x1f]+")
_LONGEST = 160
Counted = schema.EvidenceArticle | schema.HopArticle


def article_checks(pack: schema.Pack, window: Window) -> Iterator[Check]:
    """Yield checks of the pack's articles: their window, series, figures, number, order and ids.

    Raises ValueError for an invalid time, and TypeError for a value of a wrong type (`checks.guarded` catches both).
    """
    articles, line = pack.articles, pack.line
    # Until the line's time of decision: articles that came later were not known.
    known = min(window.end, parse_iso(line.decided_at) - pack.lateness_ms)
    outside = [one.id for one in articles if not window.start <= one.available_at < known]
    detail = f"{len(articles)} articles, all known in [{iso(window.start)}, {iso(known)})"
    yield none_of("no look ahead", outside, "are not of this window, or came after what decided", detail)
    strangers = [one.id for one in articles if not _belongs(one, line.series)]
    yield none_of("of the series", strangers, f"are not {line.series}'s", f"all are {line.series}'s")
    yield shares(articles)
    yield bounds(articles)
    yield same("articles listed and left out", len(articles) + pack.left_out, window.articles)
    if pack.left_out and len(articles) < assembly.MOST_ARTICLES:
        yield Check("left out", "differs", f"{pack.left_out}, and the pack has place for more")
    order = [(one.available_at, one.id) for one in articles]
    yield Check("order", "agrees" if order == sorted(order) else "differs", "by time, then id")
    yield from _ids(pack, sorted({one.id for one in articles}))


def _ids(pack: schema.Pack, ids: list[str]) -> Iterator[Check]:
    """Yield checks that the line names the pack's articles (all, where it left none out)."""
    given = pack.line.article_ids
    if pack.left_out:
        yield same("article ids", len(given), len(ids) + pack.left_out)
        yield none_of(
            "article ids",
            [one for one in ids if one not in set(given)],
            "the line does not name",
            "all named",
        )
        return
    yield same("article ids", len(given), len(ids))
    if given != ids:
        yield Check("article ids", "differs", "the line names other articles than the pack")


def shares(articles: Sequence[Counted]) -> Check:
    """Return a check that the three sentiment shares of each article are not negative and add up to one."""
    off = []
    for one in articles:
        three = (one.p_negative, one.p_neutral, one.p_positive)
        if min(three) < 0 or abs(sum(three) - UNIT_SCALE) > _ROUNDING:
            off.append(one.id)
    return none_of(
        "shares", off, "have shares that do not add up", "negative, neutral and positive add up to one"
    )


def bounds(articles: Sequence[schema.EvidenceArticle]) -> Check:
    """Return a check that all relevances, topic probabilities and sentiment shares of mentions lie within 0 and 1."""
    off = [one.id for one in articles if any(not 0 <= value <= UNIT_SCALE for value in _fractions(one))]
    return none_of("bounds", off, "have a probability below 0 or above one", "probabilities within 0 and one")


def _fractions(article: schema.EvidenceArticle) -> Iterator[int]:
    yield article.relevance
    yield from article.topics.values()
    for one in [] if isinstance(article.mentions, msgspec.UnsetType) else article.mentions:
        yield from (one.relevance, one.p_negative, one.p_neutral, one.p_positive)


def none_of(what: str, wrong: Sequence[str], are: str, fine: str) -> Check:
    """Return a check named `what`: it agrees where `wrong` is empty (detail: `fine`), else differs and lists `wrong`.

    `are`: the predicate of the listed ones, such as "are not of this window".
    """
    return (
        Check(what, "differs", f"{len(wrong)} {are}: {listed(wrong)}")
        if wrong
        else Check(what, "agrees", fine)
    )


def _belongs(article: schema.EvidenceArticle, series: str) -> bool:
    topic, language = topic_of(series), language_of(series)
    least = 0 if isinstance(article.topic_threshold, msgspec.UnsetType) else article.topic_threshold
    if topic and article.topics.get(topic, -1) < least:
        return False
    if series.startswith("source:"):
        return ("source:" + _UNSAFE.sub("_", article.source))[:_LONGEST] == series
    if entity_of(series):
        relevant = MIN_RELEVANCE <= article.relevance <= UNIT_SCALE
    else:
        relevant = article.relevance == UNIT_SCALE
    return relevant and (not language or article.language == language)


def count_checks(pack: schema.Pack, window: Window) -> Iterator[Check]:
    """Yield checks of the line's counts, the window's figures, and the pack's lists (`list_checks`).

    The figures are `unknown` where the pack leaves articles out. Raises TypeError for a value of a wrong type.
    """
    line, given = pack.line, msgspec.structs.asdict(window)
    for name in ("articles", "stories", "publishers"):
        yield same(f"line's {name}", getattr(line, name), given[name])
    if pack.left_out:
        yield Check("counts", "unknown", f"the pack leaves {pack.left_out} articles out")
    else:
        for name, number in tally(pack.articles).items():
            if name in (
                pack.window or {}
            ):  # packs of before windows counted positive stories have no such figure
                yield same(name, given[name], number)
    yield from list_checks(pack, window.articles, window.stories, window.publishers)


def list_checks(pack: schema.Pack, articles: int, stories: int, publishers: int) -> Iterator[Check]:
    """Yield checks of the pack's lists of stories with their publishers, of publishers and of models, by its articles.

    Where articles were left out, the lists must hold at least what its articles show, and have the given lengths.
    """
    found: dict[str, tuple[int, set[str]]] = {}
    for one in pack.articles:
        number, by = found.get(one.story, (0, set()))
        found[one.story] = (number + 1, by | {one.publisher})
    given = [(one.id, one.articles, one.publishers) for one in pack.stories]
    names = sorted({one.publisher for one in pack.articles})
    models = sorted({one.model_version for one in pack.articles})
    if not pack.left_out:
        made = [(story, number, len(by)) for story, (number, by) in sorted(found.items())]
        yield same_rows("stories and their publishers", given, made)
        yield same_rows("list of publishers", pack.publishers, names)
        yield same("models", pack.model_versions, models)
        return
    known = {story: (number, of) for story, number, of in given}
    short = [
        story
        for story, (number, by) in found.items()
        if known.get(story, (0, 0))[0] < number or known[story][1] < len(by)
    ]
    fits = not short and (len(known), sum(number for number, _ in known.values())) == (stories, articles)
    detail = f"{stories} stories of {articles} articles; those listed are among them"
    yield Check("stories and their publishers", "agrees" if fits else "differs", detail)
    fits = len(pack.publishers) == publishers and set(names) <= set(pack.publishers)
    yield Check(
        "list of publishers", "agrees" if fits else "differs", f"{publishers}, those listed among them"
    )
    yield Check(
        "models", "agrees" if set(models) <= set(pack.model_versions) else "differs", f"{pack.model_versions}"
    )


def same_rows(what: str, given: Sequence[Any], found: Sequence[Any]) -> Check:
    """Return a check that two lists are equal; where they differ, of the first different row, else of their lengths."""
    for given_row, found_row in zip(given, found, strict=False):
        if given_row != found_row:
            return same(what, given_row, found_row)
    if len(given) != len(found):
        return same(f"{what}: how many", len(given), len(found))
    return Check(what, "agrees", f"{len(found)}, as the articles have them")


def tally(articles: Sequence[Counted]) -> dict[str, int]:
    """Return the figures of a window that holds these articles, by field name of Window; sentiment in 1/10,000."""
    stories: dict[str, list[Counted]] = {}
    for article in articles:
        stories.setdefault(article.story, []).append(article)
    found = {
        "articles": len(articles),
        "stories": len(stories),
        "publishers": len({article.publisher for article in articles}),
        "decided": 0,
        "negative": 0,
        "sentiment_sum": 0,
        "sentiment_squares": 0,
        "positive": 0,
    }
    for given in stories.values():
        judged = [article for article in given if not article.abstained]
        if not judged:
            continue
        found["decided"] += 1
        bad = sum(one.p_negative > max(one.p_neutral, one.p_positive) for one in judged)
        good = sum(one.p_positive > max(one.p_neutral, one.p_negative) for one in judged)
        found["negative"] += 2 * bad > len(judged)
        found["positive"] += 2 * good > len(judged)
        mean = math.floor(sum(one.p_positive - one.p_negative for one in judged) / len(judged) + 0.5)
        found["sentiment_sum"] += mean
        found["sentiment_squares"] += mean * mean
    return found


def hop_checks(pack: schema.Pack, window: Window) -> Iterator[Check]:
    """Yield checks of the hop that the detector learned in the deciding step: its series, time, articles and counts.

    Raises KeyError, TypeError or ValueError for a malformed pack (`checks.guarded` catches them).
    """
    if pack.hop is None:
        yield Check("hop", "differs", "the pack of a window has one")
        return
    hop, before = Window(**pack.hop), pack.hop_articles
    grid = int(pack.detector["context"]["hop_ms"])
    length = 0 if window.end % grid else grid  # between two points of the grid nothing is learned
    traits = traits_of(pack.detector["kind"])
    end = window.start if traits.learns_after_leaving else window.end
    if isinstance(before, msgspec.UnsetType) and hop.end in (window.start, window.end):
        end = hop.end  # packs of before: some kinds learned the newest hop that learn the oldest now
    yield same("hop: series", hop.series, window.series)
    yield same("hop: time", f"{iso(hop.start)} to {iso(hop.end)}", f"{iso(end - length)} to {iso(end)}")
    yield same("hop: observed", hop.observed, window.observed)
    articles: Sequence[Counted]
    if not isinstance(before, msgspec.UnsetType):
        outside = [one.id for one in before if not hop.start <= one.available_at < hop.end]
        yield none_of("hop: its articles", outside, "are not of the hop", f"{len(before)}, all of the hop")
        yield shares(before)
        articles = before
    elif hop.start == hop.end:
        articles = []
    elif hop.start < window.start:
        yield Check("hop: counts", "unknown", "not in this pack: the articles that the detector learned from")
        return
    elif pack.left_out and pack.articles and pack.articles[0].available_at >= hop.start:
        yield Check("hop: counts", "unknown", f"the pack leaves {pack.left_out} articles out")
        return
    else:
        articles = [one for one in pack.articles if hop.start <= one.available_at < hop.end]
    given, found = msgspec.structs.asdict(hop), tally(articles)
    wrong = [name for name in found if name in pack.hop and given[name] != found[name]]
    if wrong:
        for name in wrong:
            yield same(f"hop: {name}", given[name], found[name])
    else:
        detail = f"{hop.articles} articles, {hop.stories} stories counted again"
        yield Check(
            "hop: counts", "agrees", detail if length else "none: between two points of the rule's grid"
        )
