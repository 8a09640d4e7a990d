"""Why no broker could be reached: read from kafka-python's log, since the error it raises says only that none was.

Each attempt to connect logs the exception that ended it. A logging handler keeps those lines off the terminal,
classifies the exceptions by type, and associates the most informative one with the error that ends the bootstrap.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from enum import Enum

from kafka.errors import KafkaTimeoutError, SaslAuthenticationFailedError, UnsupportedSaslMechanismError

_BOOTSTRAP_FAILED = "Bootstrap failed: %s"
"""kafka-python's log format for the error that ends a bootstrap."""


class FailureKind(Enum):
    """How an attempt to connect ended."""

    TIMED_OUT = "timed out"
    REFUSED = "refused"
    DISCONNECTED = "disconnected"
    AUTHENTICATION = "authentication"
    OTHER = "other"


_RANK = {
    FailureKind.TIMED_OUT: 0,
    FailureKind.REFUSED: 1,
    FailureKind.OTHER: 1,
    FailureKind.DISCONNECTED: 2,
    FailureKind.AUTHENTICATION: 3,
}
"""Of several attempts the highest is reported: after one refused login the broker only closes the connection."""


@dataclass(frozen=True, slots=True)
class ConnectFailure:
    """One failed attempt. `detail`: the client's message, on one line."""

    kind: FailureKind
    detail: str

    @classmethod
    def of(cls, error: Exception) -> ConnectFailure:
        """Return the failure that an exception of the client means; connection errors are classified by message."""
        detail = " ".join(str(error).split()).removeprefix("KafkaConnectionError: ")
        if isinstance(error, SaslAuthenticationFailedError | UnsupportedSaslMechanismError):
            kind = FailureKind.AUTHENTICATION
        elif isinstance(error, KafkaTimeoutError) or "timed out" in detail:
            kind = FailureKind.TIMED_OUT
        elif "ECONNREFUSED" in detail:
            kind = FailureKind.REFUSED
        elif "disconnected" in detail:
            kind = FailureKind.DISCONNECTED
        else:
            kind = FailureKind.OTHER
        return cls(kind, detail)

    def describe(self, protocol: str) -> str:
        """Return the failure as text for a person, at most 300 characters. `protocol`: the security protocol tried."""
        if self.kind is FailureKind.REFUSED or not self.detail:
            return "no broker answers there"
        if self.kind is FailureKind.AUTHENTICATION:
            return f"authentication failed: {self.detail.rpartition('Error: ')[2]}"[:300]
        if self.kind is FailureKind.DISCONNECTED:
            cause = (
                "authentication failed (user, password, mechanism)"
                if protocol.startswith("SASL")
                else "it expects another protocol"
            )
            return f"the broker closes the connection: {cause}, or security_protocol {protocol} is wrong"
        return self.detail[:300]


_UNKNOWN = ConnectFailure(FailureKind.REFUSED, "")
_ATTRIBUTE = "newsquake_connect_failure"
"""Where the failure is kept on the client's error, which is not hashable."""


class ConnectFailureHandler(logging.Handler):
    """Keeps the most informative failure of each client thread (one per client) until its bootstrap error comes."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._latest: dict[int, ConnectFailure] = {}

    def emit(self, record: logging.LogRecord) -> None:
        error = next((value for value in record.args or () if isinstance(value, Exception)), None)
        if error is None:
            return
        thread = threading.get_ident()
        if record.msg == _BOOTSTRAP_FAILED:
            vars(error)[_ATTRIBUTE] = self._latest.pop(thread, _UNKNOWN)
            return
        failure = ConnectFailure.of(error)
        known = self._latest.get(thread)
        if known is None or _RANK[failure.kind] >= _RANK[known.kind]:
            self._latest[thread] = failure


def capture_client_log() -> None:
    """Install the handler on kafka-python's logger once; its lines are logged only at telemetry.log_level debug."""
    client = logging.getLogger("kafka")
    if not any(isinstance(handler, ConnectFailureHandler) for handler in client.handlers):
        client.addHandler(ConnectFailureHandler())
    client.propagate = client.isEnabledFor(logging.DEBUG)


def bootstrap_failure(error: Exception) -> ConnectFailure | None:
    """Return why the bootstrap that raised `error` failed, or None where `error` did not end a bootstrap."""
    return vars(error).get(_ATTRIBUTE)
