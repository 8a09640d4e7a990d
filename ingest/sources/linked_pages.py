"""Rules for the pages that a list or feed links to: how often they are requested, with which headers, and if whole."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import Refused, Retryable
from ingest.sources.contract import PollContext
from ingest.web.fetch import Answer
from ingest.web.urls import origin

CHECK_PAGES = 2
"""Pages that `newsquake sources check` fetches, to see that pages can be read."""
TRIES = 3
"""Polls in which a linked page that cannot be read is requested, before what there is of it is taken."""


def failed_requests(context: PollContext, key: str, mark: str = "") -> int | None:
    """How often the page behind this key was requested in vain; None: never, or it is settled."""
    return next((times for times in range(TRIES) if context.known(key, retry_mark(mark, times))), None)


def retry_mark(mark: str, times: int) -> str:
    """The mark of an item whose page was requested `times` times in vain; `mark` itself once that is enough."""
    return f"{mark}?{times}" if times < TRIES else mark


def asks_to_wait(error: Refused | Retryable) -> bool:
    """Whether the server only asked for time: that counts as no request, and says nothing of the page itself."""
    return isinstance(error, Retryable) and error.after_s is not None


def cut_short(page: Answer) -> bool:
    """Whether the end of an HTML page is missing. A whole one under a wrong Content-Length is whole."""
    return page.cut and b"</html" not in page.body[-4096:].lower()


def headers_for(url: str, home: str, headers: Mapping[str, str]) -> Mapping[str, str]:
    """The source's own headers (keys, cookies) where `url` is of the origin of `home`, else none."""
    return headers if origin(url) == origin(home) else {}
