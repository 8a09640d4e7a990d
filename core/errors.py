"""The errors, by what the caller does about them.

NewsquakeError
├── ConfigError        wrong usage or configuration, for a person to correct (exit code 2)
├── InvalidRecord      this record cannot be processed: dead letter with `reason`, go on
├── Retryable          hold the position, back off, try again
│   ├── BusUnavailable
│   ├── StoreUnavailable
│   ├── ModelUnavailable
│   └── ChannelUnavailable
├── Refused            the other side said no for good: record it, do not try again
│   └── AccessDenied   ... before any content was seen: a private address, robots.txt, HTTP 4xx
├── Fenced             we lost the lease or the partition: drop local work, rejoin
└── LookAhead          a run read what it could not have known: the run is void

Anything else is a bug: crash, restart, retry.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a record is a dead letter. A closed set: it is also a metric label."""

    NO_TEXT = "no_text"
    NO_TIME = "no_time"
    BAD_JSON = "bad_json"
    BAD_ENCODING = "bad_encoding"
    BAD_SCHEMA = "bad_schema"
    BAD_ROW = "bad_row"
    TOO_LARGE = "too_large"
    MODEL_FAILED = "model_failed"
    MODEL_OOM = "model_oom"
    CRASH_LOOP = "crash_loop"
    UNPARSED = "unparsed"


class NewsquakeError(Exception):
    """Base of all errors that Newsquake raises on purpose."""


class ConfigError(NewsquakeError):
    """Wrong usage or configuration. The message says what, where (file, line) and what was expected."""


class InvalidRecord(NewsquakeError):
    """One record cannot be processed. `reason`: the category; `detail`: in words."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


class Retryable(NewsquakeError):
    """Something outside is unavailable. `after_s`: the least seconds to wait, where the other side named them."""

    def __init__(self, message: str, after_s: float | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s


class BusUnavailable(Retryable):
    """The broker does not answer."""


class StoreUnavailable(Retryable):
    """The database does not answer, or is read-only or full."""


class ModelUnavailable(Retryable):
    """The model cannot score at present."""


class ChannelUnavailable(Retryable):
    """A mail server or webhook receiver cannot accept it at present."""


class Refused(NewsquakeError):
    """The receiver rejected it permanently."""


class AccessDenied(Refused):
    """It refused before any content was seen: the address is private, robots.txt forbids it, or HTTP status 4xx."""


class Fenced(NewsquakeError):
    """Another process holds the lease now."""


class LookAhead(NewsquakeError):
    """A backtest read a record before its available_at."""
