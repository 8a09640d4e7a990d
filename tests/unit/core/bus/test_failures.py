"""Failed attempts to connect, classified and described."""

from __future__ import annotations

import logging

import pytest
from kafka.errors import KafkaConnectionError, KafkaTimeoutError, SaslAuthenticationFailedError

from core.bus.failures import ConnectFailure, ConnectFailureHandler, FailureKind, bootstrap_failure


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (KafkaConnectionError("111 ECONNREFUSED"), FailureKind.REFUSED),
        (KafkaConnectionError("socket disconnected"), FailureKind.DISCONNECTED),
        (KafkaConnectionError("Connection timed out"), FailureKind.TIMED_OUT),
        (KafkaTimeoutError("Timeout during ApiVersions check"), FailureKind.TIMED_OUT),
        (SaslAuthenticationFailedError("wrong password"), FailureKind.AUTHENTICATION),
        (KafkaConnectionError("DNS Resolution failure"), FailureKind.OTHER),
    ],
)
def test_attempts_are_classified(error: Exception, kind: FailureKind) -> None:
    assert ConnectFailure.of(error).kind is kind


def handled(*attempts: Exception) -> ConnectFailure:
    handler, final = ConnectFailureHandler(), KafkaTimeoutError("Unable to bootstrap from ['nowhere:1']")
    for error in attempts:
        handler.emit(logging.LogRecord("kafka", 30, "", 0, "connection to %s failed: %s", ("1", error), None))
    handler.emit(logging.LogRecord("kafka", 40, "", 0, "Bootstrap failed: %s", (final,), None))
    failure = bootstrap_failure(final)
    assert failure is not None
    return failure


def test_the_most_informative_attempt_is_reported() -> None:
    refused, closed = (
        SaslAuthenticationFailedError("wrong password"),
        KafkaConnectionError("socket disconnected"),
    )
    assert handled(refused, closed).describe("SASL_SSL").startswith("authentication failed: ")
    assert "closes the connection" in handled(closed, KafkaTimeoutError("timed out")).describe("PLAINTEXT")


def test_without_a_logged_attempt_no_broker_answered() -> None:
    assert handled().describe("PLAINTEXT") == "no broker answers there"


def test_an_error_that_ended_no_bootstrap_has_no_failure() -> None:
    assert bootstrap_failure(KafkaTimeoutError("Request timed out")) is None
