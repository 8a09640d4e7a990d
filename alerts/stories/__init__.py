"""Which articles tell one story."""

from alerts.stories.book import StoryBook
from alerts.stories.entry import Entry, entry_of

__all__ = ["Entry", "StoryBook", "entry_of"]
