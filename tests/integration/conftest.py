"""What tests of ingest over a real server share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.wild import Wild, ok


@pytest.fixture
def wild() -> Iterator[Wild]:
    server = Wild()
    server.answer("/robots.txt", ok(b""))
    yield server
    server.stopping.set()
    server.listener.close()
