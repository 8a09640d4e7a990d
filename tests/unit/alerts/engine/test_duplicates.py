"""Of an id with several revisions one counts within seven days; ids with one revision are not held."""

from __future__ import annotations

from alerts.engine.duplicates import ONCE_WITHIN_MS, RevisionDeduplicator
from alerts.testing import START, desk_of, rule_set, scored

DESK = desk_of(rule_set())


def counts(deduplicator: RevisionDeduplicator, at: int) -> bool:
    return deduplicator.count(DESK.entry(scored(1, at)))


def test_an_id_that_was_never_flagged_always_counts() -> None:
    deduplicator = RevisionDeduplicator()
    assert counts(deduplicator, START) and counts(deduplicator, START)


def test_the_first_revision_counts_and_the_next_after_seven_days() -> None:
    deduplicator = RevisionDeduplicator()
    deduplicator.flag(scored(1, START).article.id, None)
    assert counts(deduplicator, START)
    assert not counts(deduplicator, START + ONCE_WITHIN_MS - 1)
    assert counts(deduplicator, START + ONCE_WITHIN_MS)


def test_what_counted_before_a_restart_is_known_and_never_made_older() -> None:
    deduplicator, article = RevisionDeduplicator(), scored(1, START).article.id
    deduplicator.flag(article, START)
    deduplicator.flag(article, START - ONCE_WITHIN_MS)
    deduplicator.flag(article, None)
    assert not counts(deduplicator, START + ONCE_WITHIN_MS - 1)
