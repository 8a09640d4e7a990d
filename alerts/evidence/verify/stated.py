"""The parts of an evidence pack that no check covers: nothing is derived from them, and they follow from nothing.

`newsquake evidence verify` lists them, so that an unchecked part does not pass for a proven one. Much of it is in the
store and checked there (stored_change.py). tests/unit/alerts/evidence/verify/test_derivation.py lists it leaf by leaf.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from alerts.evidence import schema
from alerts.evidence.verify.checks import Check
from alerts.lifecycle.outage_proof import OutageProof

_NO_GRID = "pane_ms and lateness_ms, on which nothing of it depends"


def stated(pack: schema.Pack, *, in_store: bool = False) -> list[Check]:
    """Return a check with the verdict `stated` for each part that no check covers.

    `in_store`: the checks against the store are made as well.
    """
    return [Check("taken as stated", "stated", detail) for detail in _stated(pack, in_store)]


def _stated(pack: schema.Pack, in_store: bool) -> Iterator[str]:
    if isinstance(pack.outage, OutageProof):
        yield "what ingest counted of the source, its rates and limits, what a server said (outage.told, detail)"
        if pack.outage.kind == "misshapen":
            yield "when its last article came (outage.since)"
        yield _NO_GRID
        if not in_store:
            yield "the rule's description and rule set"
        return
    if not in_store:
        yield (
            "of each article: title, address, revision and hash of its text, source and language (but where the series "
            "is one's), time of publication, other topics; the rule's description and rule set"
        )
    if pack.window is None:
        named = any(not isinstance(one.mentions, msgspec.UnsetType) for one in pack.articles)
        if named and not in_store:
            yield "what the article says of companies that are less relevant, or that the rule does not ask for"
        if pack.line.state == "firing":
            yield _NO_GRID
        return
    if not in_store and not isinstance(pack.hop_articles, msgspec.UnsetType):
        yield "of each article of the hop: id and revision, and the names of its publisher and its story"
    yield "what the detector had learned before this step, from all earlier news (detector.state)"
    if pack.fit:
        yield "how the threshold was fitted, from the rule's whole history (fit.method, weeks, peaks, low, high ...)"
    if pack.line.state == "resolved":
        yield f"{pack.line.severity}: the alert's worst evaluation, which is not this one"
    elif pack.line.state == "firing" and pack.rule.get("hold_ms"):
        yield "where it is worse than this window: that an earlier evaluation was so, while the alert had to hold"
