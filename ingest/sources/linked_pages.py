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
    """Return how many requests for this key's page failed; None where none was made, or it is settled."""
    return next((times for times in range(TRIES) if context.known(key, retry_mark(mark, times))), None)


def retry_mark(mark: str, times: int) -> str:
    """Return the mark of an item whose page failed `times` times; `mark` itself once no retry is left."""
    return f"{mark}?{times}" if times < TRIES else mark


def asks_to_wait(error: Refused | Retryable) -> bool:
    """Return whether the server only asked to wait, which does not count as a failed request."""
    return isinstance(error, Retryable) and error.after_s is not None


def cut_short(page: Answer) -> bool:
    """Return whether the end of an HTML page is missing. A complete one with a wrong Content-Length is not cut."""
    return page.cut and b"</html" not in page.body[-4096:].lower()


def headers_for(url: str, home: str, headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the source's `headers` (keys, cookies) where `url` has the origin of `home`, else an empty mapping."""
    return headers if origin(url) == origin(home) else {}
