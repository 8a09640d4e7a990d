"""Deriving an alert again from its evidence pack, with a check of each figure.

Needs nothing but the pack. The arithmetic is written again, from docs/detectors.md, and not shared with the desk: one
mistake does not confirm itself. Alerts differ in kind: window_alert.py, immediate_alert.py, outage_alert.py. What only
the store can confirm is in stored_change.py and stored_alert.py, what is taken as the pack states it in stated.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from alerts.evidence import schema
from alerts.evidence.verify.checks import Check, guarded, same
from alerts.evidence.verify.immediate_alert import immediate_checks
from alerts.evidence.verify.outage_alert import outage_checks
from alerts.evidence.verify.rule_terms import version_checks
from alerts.evidence.verify.window_alert import window_checks
from alerts.lifecycle.outage_proof import OutageProof


def verify_pack(pack: schema.Pack) -> list[Check]:
    """Return all checks of a pack, in the order of the derivation. Never raises: what cannot be read differs."""
    return guarded("pack's content", _checks(pack))


def _checks(pack: schema.Pack) -> Iterator[Check]:
    yield same("pack's hash", pack.hash, schema.hash_of(pack))
    yield from version_checks(pack)
    if isinstance(pack.outage, OutageProof):
        yield from outage_checks(pack, pack.outage)
    elif pack.window is None:
        yield from immediate_checks(pack)
    else:
        yield from window_checks(pack, pack.window)
