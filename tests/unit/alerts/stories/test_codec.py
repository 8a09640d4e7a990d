"""A story comes back from its row as it was."""

from __future__ import annotations

from alerts.stories.book import StoryBook
from alerts.stories.codec import row_of, story_of
from alerts.testing import START
from tests.support.signatures import place


def test_row_keeps_everything():
    book = StoryBook()
    place(book, 1, START, "Japan cuts oil exports by 12.5 pct", entities=["US:XOM"])
    [row] = book.changed()

    class Row:
        pass

    kept = Row()
    kept.__dict__.update(row)
    assert row_of(story_of(kept)) == row
