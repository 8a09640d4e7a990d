"""Deriving an outage again from its evidence pack. See alerts/evidence/verify/derivation.py.

The pack holds the Health record's own proof (`told`), as ingest wrote it: what ingest counted there is taken as stated
(alerts/evidence/verify/stated.py), and everything that follows from it is derived.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from alerts.engine.outages import outage_id
from alerts.evidence import outage_sentence, schema
from alerts.evidence.verify.checks import Check, same
from alerts.evidence.verify.immediate_alert import nothing_else
from alerts.evidence.verify.recount import same_rows
from alerts.evidence.verify.rule_terms import outage_terms, same_fields
from alerts.lifecycle.alert_line import round_significant
from alerts.lifecycle.outage_proof import OutageProof, SilentDay, silent_days
from alerts.rules.outage_rule import OUTAGE_PREFIX
from alerts.windows.globs import matches
from core.times import iso, parse_iso

_ROUNDING = 0.02
"""Tolerance of the sum over days, each of which is rounded to three decimals."""


def outage_checks(pack: schema.Pack, proof: OutageProof) -> Iterator[Check]:
    """Yield all checks of an outage's pack."""
    line, rule = pack.line, pack.rule
    onset = parse_iso(line.onset)
    yield same("alert's id", line.id, outage_id(line.rule, line.rule_version, line.series, onset))
    terms = outage_terms(rule["content"])
    yield same_fields("rule's terms", rule, terms)
    yield same("source", line.series, OUTAGE_PREFIX + proof.source)
    watched = any(matches(glob, proof.source) for glob in terms["sources"])
    watched = watched and not any(matches(glob, proof.source) for glob in terms["exclude"])
    yield Check("rule's sources", "agrees" if watched else "differs", f"{proof.source}, as it watches")
    yield same("severity", line.severity, terms["level"])
    yield from _follows(proof, line.state)
    yield same("article ids", line.article_ids, proof.samples)
    for name, number in (("articles", proof.items), ("stories", 0), ("publishers", 0)):
        yield same(f"line's {name}", getattr(line, name), number)
    yield nothing_else(pack)
    for name, value in (
        ("observed", proof.observed),
        ("expected", proof.expected),
        ("p_value", proof.p_value),
    ):
        yield same(f"line's {name}", getattr(line, name), round_significant(value))
    yield same("decided at", line.decided_at, iso(onset if line.state == "pending" else proof.at))
    if line.state == "resolved":
        over = proof.status == "ok" or (proof.status == "silent" and terms["kind"] == "source_broken")
        long = over and proof.at - proof.since >= terms["resolve_after_ms"] and proof.since > onset
        yield Check("resolved", "agrees" if long else "differs", f"as usual since {iso(proof.since)}")
    else:
        wanted = "silent" if terms["kind"] == "source_silent" else "broken"
        yield same("status", proof.status, wanted)
        held = proof.at - onset >= terms["hold_ms"] and (line.state == "firing" or proof.at > onset)
        detail = f"reported from {line.onset} to {iso(proof.at)}, {terms['hold_ms']} ms required"
        yield Check("hold", "agrees" if held else "differs", detail)
        yield from {"silent": _silent, "misshapen": _misshapen}.get(proof.kind, _unreachable)(proof)
    yield same("sentence", pack.sentence, outage_sentence.sentence(line, proof))


def _follows(proof: OutageProof, state: str) -> Iterator[Check]:
    """Yield checks of what the pack repeats of the Health record's own proof."""
    given, own_kind = proof.reported, str(proof.reported.get("kind", ""))
    kind = "ok" if state == "resolved" else own_kind or "unreachable"  # an older ingest did not name it
    yield same("kind", proof.kind, kind)
    samples: list[str] = []
    items, observed, expected, chance = 0, None, None, None
    if kind == "silent":
        observed, expected = 0.0, proof.expected  # its sum and its p are derived below
        chance = proof.p_value
    elif kind == "misshapen":
        items, expected = int(given["items"]), float(given["usual"])
        observed = int(given["whole"]) / items if items else None
        samples = sorted({str(one) for one in given["samples"]})
    elif kind == "unreachable":
        observed = float(given.get("failures", 0)) or None
    if kind != "silent":
        yield same("days", len(proof.days), 0)
    if proof.status == "ok":  # of which there is nothing to prove
        yield same("as told", len(given), 0)
    yield same("as told: samples", proof.samples, samples)
    found = [items, observed, expected, chance]
    yield same(
        "as told: items and figures", [proof.items, proof.observed, proof.expected, proof.p_value], found
    )


def _silent(proof: OutageProof) -> Iterator[Check]:
    given = proof.reported
    if "rates" not in given:
        yield Check("rhythm", "unknown", "the record does not say by which rates")
        return
    days = silent_days(proof.since, proof.at, given)
    yield same("days", [day.day for day in proof.days], [day.day for day in days])
    yield same("holidays", [d.day for d in proof.days if d.holiday], [d.day for d in days if d.holiday])
    yield same_rows("day by day", list(map(_rounded, proof.days)), list(map(_rounded, days)))
    total = sum(day.expected for day in days)
    near = proof.expected is not None and abs(total - proof.expected) <= _ROUNDING
    detail = f"{total:.3f} articles over {len(days)} days, the pack says {proof.expected}"
    yield Check("expected by its rhythm", "agrees" if near else "differs", detail)
    beyond = proof.expected is not None and proof.expected >= given["threshold"]
    detail = f"{proof.expected} expected and none came, from {given['threshold']} on"
    yield Check("silent beyond its rhythm", "agrees" if beyond else "differs", detail)
    chance = math.exp(-(proof.expected or 0.0))
    close = proof.p_value is not None and math.isclose(chance, proof.p_value, rel_tol=1e-9)
    yield Check("p", "agrees" if close else "differs", f"exp(-{proof.expected}) = {chance:.3g}")


def _rounded(day: SilentDay) -> list[Any]:
    return [day.day, day.weekday, day.counted_as, day.holiday, round(day.hours, 2), round(day.expected, 3)]


def _misshapen(proof: OutageProof) -> Iterator[Check]:
    given = proof.reported
    whole, items = int(given["whole"]), int(given["items"])
    lacking = sum(int(given[key]) for key in ("without_title", "without_body", "without_both"))
    yield same("items", items, whole + lacking)
    before = given["usual"] >= given["usual_at_least"]
    yield Check(
        "whole before", "agrees" if before else "differs", f"{given['usual']} ≥ {given['usual_at_least']}"
    )
    now = items > 0 and whole <= given["whole_at_most"] * items
    detail = f"{whole} of {items}, at most {given['whole_at_most']} of them"
    yield Check("whole now", "agrees" if now else "differs", detail)
    yield Check(
        "samples", "agrees" if len(given["samples"]) <= lacking else "differs", f"{len(given['samples'])}"
    )


def _unreachable(proof: OutageProof) -> Iterator[Check]:
    given = proof.reported
    if "failures" not in given:
        yield Check("failures", "unknown", "the record does not say how many")
        return
    enough = given["failures"] >= given["failures_at_least"]
    detail = f"{given['failures']} in a row, from {given['failures_at_least']} on"
    yield Check("failures", "agrees" if enough else "differs", detail)
