"""When to try again, what HTTP answers mean, and where a webhook may go: tables."""

from __future__ import annotations

import random
from email.utils import format_datetime

import pytest

from alerts.delivery.channels.http_response import HttpOutcome, http_outcome, retry_after_s
from alerts.delivery.retry_schedule import (
    JITTER,
    WAITS_MS,
    next_try,
)
from core.times import HOUR, from_ms
from tests.support.records import T0


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (200, HttpOutcome.SENT), (202, HttpOutcome.SENT), (204, HttpOutcome.SENT),
        (301, HttpOutcome.RETRY), (302, HttpOutcome.RETRY), (304, HttpOutcome.RETRY), (307, HttpOutcome.RETRY),
        (400, HttpOutcome.REFUSED), (401, HttpOutcome.REFUSED), (403, HttpOutcome.REFUSED), (404, HttpOutcome.REFUSED),
        (408, HttpOutcome.RETRY), (409, HttpOutcome.RETRY), (410, HttpOutcome.DISABLED), (413, HttpOutcome.REFUSED),
        (422, HttpOutcome.REFUSED), (425, HttpOutcome.RETRY), (429, HttpOutcome.THROTTLE),
        (500, HttpOutcome.RETRY), (501, HttpOutcome.RETRY), (502, HttpOutcome.THROTTLE), (503, HttpOutcome.THROTTLE),
        (504, HttpOutcome.THROTTLE), (599, HttpOutcome.RETRY), (101, HttpOutcome.RETRY),
    ],
)  # fmt: skip
def test_only_2xx_is_success_and_each_other_status_has_its_meaning(status: int, meaning: HttpOutcome) -> None:
    assert http_outcome(status) is meaning


def test_the_schedule_is_that_of_standard_webhooks_and_then_the_message_expires() -> None:
    assert [wait // 1000 for wait in WAITS_MS] == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert 75 * HOUR < sum(WAITS_MS) < 76 * HOUR
    rng = random.Random(3)
    for attempts, wait in enumerate(WAITS_MS, start=1):
        at = next_try(attempts, 1_000, None, rng)
        assert at is not None and wait * (1 - JITTER) <= at - 1_000 <= wait * (1 + JITTER)
    assert next_try(len(WAITS_MS) + 1, 1_000, None, rng) is None


def test_jitter_spreads_tries_that_failed_together() -> None:
    assert len({next_try(2, 0, None, random.Random(seed)) for seed in range(50)}) > 40


def test_a_wish_of_the_receiver_is_honoured_but_not_beyond_a_day() -> None:
    assert (next_try(1, 0, 3600, random.Random(1)) or 0) >= 3_600_000
    assert (next_try(1, 0, 10**9, random.Random(1)) or 0) <= 24 * HOUR


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None), ("", None), ("120", 120.0), (" 7 ", 7.0), ("soon", None), ("-5", None),
        ("99999999999999999999", 86_400.0), (format_datetime(from_ms(T0 + 90_000), usegmt=True), 90.0),
        (format_datetime(from_ms(T0 - 90_000), usegmt=True), 0.0),
    ],
)  # fmt: skip
def test_retry_after_may_be_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, T0) == seconds
