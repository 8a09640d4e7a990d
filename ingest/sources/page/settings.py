"""Settings of a source of kind `page`."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ingest.sources.base_settings import WebSourceSettings


def _regex(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"expected a regular expression ({error})") from error
    return value


class PageSettings(WebSourceSettings):
    """A list page or a sitemap; new links on it are articles."""

    kind: Literal["page"]
    links: Annotated[str, AfterValidator(_regex)] = ""
    """A regular expression that an article's address matches; default: same site, and a path that looks like one."""
    max_pages: int = Field(20, ge=1, le=200)
    """Pages fetched in one poll; the rest come with the next."""
    revisions: bool = True
    """Read new pages once more after an hour and after six, for what was corrected since."""
