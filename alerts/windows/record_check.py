"""Whether a scored article can be counted: whether its probabilities, names and time are possible."""

from __future__ import annotations

from core.records import Mention, ScoredArticle


def record_fault(scored: ScoredArticle) -> str:
    """Return what is impossible in this record, in words for the dead letter; "" where nothing is."""
    sentiments: list[ScoredArticle | Mention] = [scored, *scored.mentions]
    for what in sentiments:
        shares = (what.p_negative, what.p_neutral, what.p_positive)
        if min(shares) < 0 or abs(sum(shares) - 10_000) > 2:
            return f"probabilities {shares} are not shares of 10000"
    article = scored.article
    if not article.id or not article.revision or not article.origin:
        return "id, revision or origin is empty"
    if len(article.id) > 64 or len(article.revision) > 32 or len(article.origin) > 80:
        return "id, revision or origin is too long"
    if not 0 <= article.available_at < 1 << 46:  # the year 4199
        return f"available_at {article.available_at} is no time"
    return ""
