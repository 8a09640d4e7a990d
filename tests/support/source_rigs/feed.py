"""The rig of sources of kind `feed`."""

from __future__ import annotations

from pathlib import Path

from ingest.sources.feed.settings import FeedSettings
from ingest.sources.feed.source import FeedSource
from tests.support.source_rigs import BODY, Rig, Web


def rig(tmp_path: Path) -> Rig:
    """A source of kind `feed` and a way to publish on it."""
    web = Web()
    titles: list[str] = []

    def publish(*new: str) -> None:
        titles.extend(new)
        items = "".join(
            f"<item><guid>{t}</guid><title>{t}</title><link>http://x.org/{t}</link><description>{BODY}</description></item>"
            for t in titles
        )
        web.pages["http://x.org/feed"] = (
            f'<rss version="2.0"><channel><title>c</title>{items}</channel></rss>'.encode()
        )

    return Rig(FeedSource(FeedSettings(name="s", kind="feed", url="http://x.org/feed")), publish, web)
