"""Fail a test in which the code logged an error that the test did not ask for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

_LEVELS = {"error", "exception", "critical"}
_FOREIGN = ("kafka", "trafilatura")
"""Libraries that log errors about what a test gives them on purpose (a stopped broker, a broken page)."""


class _Recorder(logging.Handler):
    """Collect errors from structlog (as its first processor) and from the standard library's logging."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def __call__(self, _: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
        if method in _LEVELS:
            self.lines.append(str(event))
        return event

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(_FOREIGN):
            self.lines.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def logged_errors(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """The errors that were logged in this process so far, one text each.

    A test that expects some says so with `@pytest.mark.logs_errors` and looks at this list, or captures the lines
    with `structlog.testing.capture_logs`; any other test fails if the list is not empty at its end.
    """
    recorder = _Recorder()
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[recorder, *before])
    logging.getLogger().addHandler(recorder)
    yield recorder.lines
    logging.getLogger().removeHandler(recorder)
    structlog.configure(processors=before)
    if recorder.lines and request.node.get_closest_marker("logs_errors") is None:
        pytest.fail("errors were logged: " + "; ".join(recorder.lines))
