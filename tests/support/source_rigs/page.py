"""The rig of sources of kind `page`."""

from __future__ import annotations

from pathlib import Path

from ingest.sources.page.settings import PageSettings
from ingest.sources.page.source import PageSource
from tests.support.source_rigs import Rig, Web, html


def rig(tmp_path: Path) -> Rig:
    """A source of kind `page` and a way to publish on it."""
    web = Web()
    titles: list[str] = []

    def publish(*new: str) -> None:
        titles.extend(new)
        for title in new:
            web.pages[f"http://x.org/news/{title}"] = html(title)
        links = "".join(f'<li><a href="/news/{title}?utm_source=list">{title}</a></li>' for title in titles)
        web.pages["http://x.org/list"] = (
            f"<html><body><a href='/about'>About</a><ul>{links}</ul></body></html>".encode()
        )

    return Rig(PageSource(PageSettings(name="s", kind="page", url="http://x.org/list")), publish, web)
