"""Checking the rule, window and detector of an evidence pack against the content that the rule's version hashes.

A version is the hash of a rule's content (alerts/rules/model.py). The pack repeats parts of it where the decision
reads them, and each of these must follow from the content: else one could lower a minimum beside the hash and be
believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

import msgspec

from alerts.detectors import KINDS
from alerts.engine.schedule import ceil_to
from alerts.evidence import schema
from alerts.evidence.verify.checks import Check, same
from alerts.records import SEVERITIES, Window
from alerts.rules.loading import content_hash
from alerts.windows.globs import union
from alerts.windows.series import entity_of
from core.records import UNIT_SCALE
from core.times import iso, parse_iso, parse_span

_EVALUATIONS_PER_WINDOW = 12
"""Evaluations over a window's length (docs/rules.md), though never more than one a pane."""


def version_checks(pack: schema.Pack) -> Iterator[Check]:
    """Yield checks of the schema, the rule's name, and the version that follows from its content."""
    line, rule = pack.line, pack.rule
    yield same("schema", pack.schema, schema.SCHEMA)
    yield same("rule", rule.get("id"), line.rule)
    yield same("rule's version", line.rule_version, content_hash(rule.get("content", {})))
    if rule.get("version") != line.rule_version:
        yield same("rule's version", rule.get("version"), line.rule_version)


def rule_checks(pack: schema.Pack, window: Window) -> Iterator[Check]:
    """Yield checks of the rule, window and detector of a window rule's pack."""
    content, rule, line = pack.rule["content"], pack.rule, pack.line
    terms = _terms(content)
    # A minimum that the content does not name asks nothing.
    yield same_fields("rule's terms", rule, {name: 0 for name in rule if name.startswith("min_")} | terms)
    yield from _figure(rule, content)
    yield same("series of the window", window.series, line.series)
    yield Check(
        "series", "agrees" if _watched(content, line.series) else "differs", f"{line.series}, as it watches"
    )
    own, given = content["detector"], pack.detector
    yield same("detector", given.get("kind"), own["kind"])
    yield _params(given.get("kind", ""), given.get("params", {}), content)
    length = ceil_to(rule["window_ms"], pack.pane_ms)
    context = given.get("context", {})
    found = {
        "window": window.end - window.start,
        "window that the detector was made for": context.get("window_ms"),
        "hop that the detector was made for": context.get("hop_ms"),
        "sectors": context.get("sectors", {}),
    }
    hop = max(1, -(-rule["window_ms"] // (_EVALUATIONS_PER_WINDOW * pack.pane_ms))) * pack.pane_ms
    wanted = [length, length, hop, content.get("sectors", {})]
    yield same_fields("window", found, dict(zip(found, wanted, strict=True)))
    yield from _lasted(pack, window)
    if pack.fit:
        fit = msgspec.json.decode(pack.fit)
        yield same("budget", rule["budget_per_week"], fit.get("budget"))
        made_at = fit.get("made_at", 0)
        detail = f"from what was known at {iso(made_at)}" if made_at else "before there was a history"
        yield Check("fit", "agrees" if made_at < window.end else "differs", detail)


def _lasted(pack: schema.Pack, window: Window) -> Iterator[Check]:
    """Yield checks that the breach lasted for the rule's hold, and its end for `resolve.after`."""
    rule, line = pack.rule, pack.line
    since = window.end - parse_iso(line.onset)
    if line.state == "pending":
        held = rule["hold_ms"] > 0
        detail = "pending until it has lasted" if held else "no rule without a hold is ever pending"
        yield Check("hold", "agrees" if held else "differs", detail)
    if line.state == "firing" and since < rule["hold_ms"]:
        yield Check("hold", "differs", f"it fired before it had lasted for {rule['hold_ms'] / 1000:g} s")
    if line.state == "resolved" and since < rule["hold_ms"] + rule["resolve_after_ms"]:
        yield Check(
            "calm", "differs", f"it ended before {rule['resolve_after_ms'] / 1000:g} s of calm were over"
        )


def _watched(content: Mapping[str, Any], series: str) -> bool:
    wanted, unwanted = union(tuple(content["series"] or ["entity:*"])), union(tuple(content["exclude"]))
    company = entity_of(series)
    return (
        wanted.fullmatch(series) is not None
        and unwanted.fullmatch(series) is None
        and (not content.get("watch_list") or company in content.get("entities", ()))
        and ("sectors" not in content or company in content["sectors"])
    )


def _terms(content: Mapping[str, Any]) -> dict[str, Any]:
    ladder = content["severities"]
    return {
        "window_ms": parse_span(content["window"]),
        "hold_ms": parse_span(content["hold"]),
        "resolve_below": content["resolve"]["below"],
        "resolve_after_ms": parse_span(content["resolve"]["after"]),
        "severities": [[name, ladder[name]] for name in SEVERITIES if name in ladder],
        "budget_per_week": content["budget"],
        "threshold": content["threshold"],
        **{f"min_{name}": number for name, number in content["minimum"].items()},
    }


def _figures(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the rule's metric and direction: its own, else its detector's. Empty where the detector is unknown."""
    own, kind = content["detector"], KINDS.get(content["detector"]["kind"])
    if kind is None:
        return {}
    metric = kind.metric or content.get("metric") or own.get("metric") or "negative_share"
    direction = content.get("direction") or own.get("direction") or _default(kind.params, "direction", "up")
    return {"metric": metric, "direction": direction}


def _default(params: type, name: str, otherwise: str) -> str:
    return next((str(field.default) for field in fields(params) if field.name == name), otherwise)


def _figure(rule: Mapping[str, Any], content: Mapping[str, Any]) -> Iterator[Check]:
    """Yield checks of metric and direction; other names of earlier releases for the same content are unknown."""
    for name, found in _figures(content).items():
        given, what = rule.get(name), f"rule's {name}"
        if given != found and given == _formerly(content)[name]:
            yield Check(
                what, "unknown", f"made when this rule's {name} was called {given}; it is {found} now"
            )
        else:
            yield same(what, given, found)


def _formerly(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of earlier releases, which read them of the rule and never of its detector's parameters."""
    name = content["detector"]["kind"]
    kind = KINDS[name]
    metric = content.get("metric") or kind.former_metric or kind.metric or "negative_share"
    return {
        "metric": metric,
        "direction": content.get("direction") or _default(kind.params, "direction", "up"),
    }


def _params(kind: str, stated: Mapping[str, Any], content: Mapping[str, Any]) -> Check:
    """Check the detector's parameters, with the defaults of those that the rule leaves out."""
    made = KINDS.get(kind)
    if made is None:
        return Check(
            "detector's parameters", "unknown", f"this version of newsquake knows no detector {kind!r}"
        )
    names = {field.name for field in fields(made.params)}
    if odd := sorted(set(stated) - names):
        return Check("detector's parameters", "differs", f"{kind} has no {odd[0]}")
    given: dict[str, Any] = {name: value for name, value in _figures(content).items() if name in names}
    given |= {name: value for name, value in content["detector"].items() if name != "kind"}
    return same_fields("detector's parameters", asdict(made.params(**stated)), asdict(made.params(**given)))


def immediate_terms(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the terms that follow from an immediate rule's content; shares in 1/10,000."""
    shares = ("min_probability", "min_topic_probability", "min_relevance", "min_trust")
    plain = ("entities", "topics", "languages", "sentiment")
    return (
        {name: content[name] for name in plain}
        | {name: round(content[name] * UNIT_SCALE) for name in shares}
        | {"level": content["severity"]}
    )


def outage_terms(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the terms that follow from an outage rule's content; times in ms."""
    return {
        **{name: content[name] for name in ("kind", "sources", "exclude")},
        "hold_ms": parse_span(content["hold"]),
        "resolve_after_ms": parse_span(content["resolve_after"]),
        "level": content["severity"],
    }


def same_fields(what: str, given: Mapping[str, Any], found: Mapping[str, Any]) -> Check:
    """Return a check named `what` that the derived fields of `found` equal those of `given`, the pack's.

    Where some differ, it is of the first; fields of `given` alone are ignored.
    """
    for name, value in found.items():
        if given.get(name) != value:
            return same(f"{what}: {name}", given.get(name), value)
    return Check(what, "agrees", f"{len(found)} parts as the rule's version has them")
