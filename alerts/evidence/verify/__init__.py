"""Deriving an alert again from its evidence pack, and checking the pack against the store."""

from alerts.evidence.verify.checks import Check
from alerts.evidence.verify.derivation import verify_pack
from alerts.evidence.verify.stated import stated

__all__ = ["Check", "stated", "verify_pack"]
