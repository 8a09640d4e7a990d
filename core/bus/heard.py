"""What kafka-python says only in its log: why nobody could be reached.

Each try to connect writes several lines there, and the error that ends them says no more than that there was none. The
lines are kept from the terminal, and the last reason becomes a note of that error.
"""

from __future__ import annotations

import logging
import threading


class Heard(logging.Handler):
    """Keeps the newest reason of each of the client's threads (one a client) until its error comes by."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._reasons: dict[int, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        found = [one for one in record.args or () if isinstance(one, Exception)]
        if not found:
            return
        thread = threading.get_ident()
        if str(record.msg).startswith("Bootstrap failed"):
            if told := self._reasons.pop(thread, ""):
                found[0].add_note(told)
            return
        told = " ".join(str(found[0]).split())
        if _weight(told) >= _weight(self._reasons.get(thread, "")):
            self._reasons[thread] = told


def _weight(told: str) -> int:
    """Which of several tries explains most: after one refusal the broker only hangs up, and the last is cut short."""
    if "Authentication" in told:
        return 3
    return 2 if "disconnected" in told else 0 if not told or "timed out" in told else 1


def hush() -> None:
    """Keep the client's lines to ourselves; telemetry.log_level debug lets them through as well."""
    client = logging.getLogger("kafka")
    if not any(isinstance(one, Heard) for one in client.handlers):
        client.addHandler(Heard())
    client.propagate = client.isEnabledFor(logging.DEBUG)


def reason(error: Exception, protocol: str) -> str:
    """Why nobody could be reached, for a person. `protocol`: the security protocol that was tried."""
    told = " ".join(getattr(error, "__notes__", ()))
    if not told or "ECONNREFUSED" in told:
        return "nobody answers there"
    if "Authentication" in told:
        return f"authentication failed: {told.rpartition('Error: ')[2]}"[:300]
    if "disconnected" in told:
        why = (
            "authentication failed (user, password, mechanism)"
            if protocol.startswith("SASL")
            else "another protocol"
        )
        return f"it hangs up on us: {why}, or is security_protocol {protocol} wrong?"
    return told.removeprefix("KafkaConnectionError: ")[:300]
