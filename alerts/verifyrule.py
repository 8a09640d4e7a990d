"""Whether what an evidence pack says of its rule, its window and its detector is what the rule's version stands for.

A version is the hash of a rule's content (alerts/rules.py). The pack repeats parts of it where the decision reads them,
and each of these must follow from the content: else one could lower a minimum beside the hash and be believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from alerts import evidence
from alerts.checks import Check, same
from alerts.records import Window
from alerts.rulesfile import SEVERITIES
from alerts.schedule import ceil_to
from alerts.series import union
from core.times import parse_iso, parse_span


def rule_checks(pack: evidence.Pack, window: Window) -> Iterator[Check]:
    """Checks of a window rule's pack."""
    content, rule, line = pack.rule["content"], pack.rule, pack.line
    yield _all("rule's terms", {name: rule[name] for name in _terms(content)}, _terms(content))
    wanted, unwanted = union(tuple(content["series"] or ["entity:*"])), union(tuple(content["exclude"]))
    watched = wanted.fullmatch(line.series) is not None and unwanted.fullmatch(line.series) is None
    said = f"{line.series} is {'' if watched else 'not '}among what the rule watches"
    yield Check("series", "agrees" if watched else "differs", said)
    own = content["detector"]
    params = {name: pack.detector.get("params", {}).get(name) for name in own if name != "kind"}
    yield _all("detector", {"kind": pack.detector.get("kind"), **params}, own)
    length = ceil_to(rule["window_ms"], pack.pane_ms)
    context = pack.detector.get("context", {})
    told = {
        "window": window.end - window.start,
        "window that the detector was made for": context.get("window_ms"),
        "sectors": context.get("sectors", {}),
    }
    yield _all(
        "window", told, {**dict.fromkeys(list(told)[:2], length), "sectors": content.get("sectors", {})}
    )
    if line.state == "firing" and window.end < parse_iso(line.onset) + rule["hold_ms"]:
        yield Check("hold", "differs", f"it fired before it had lasted for {rule['hold_ms'] / 1000:g} s")
    if pack.fit:
        yield same("budget", rule["budget_per_week"], msgspec.json.decode(pack.fit).get("budget"))


def _terms(content: dict[str, Any]) -> dict[str, Any]:
    ladder = content["severities"]
    terms: dict[str, Any] = {
        "window_ms": parse_span(content["window"]),
        "hold_ms": parse_span(content["hold"]),
        "resolve_below": content["resolve"]["below"],
        "resolve_after_ms": parse_span(content["resolve"]["after"]),
        "severities": [[name, ladder[name]] for name in SEVERITIES if name in ladder],
        "budget_per_week": content["budget"],
        "threshold": content["threshold"],
        **{f"min_{name}": number for name, number in content["minimum"].items()},
    }
    return terms | {name: content[name] for name in ("metric", "direction") if content.get(name)}


def _all(what: str, told: dict[str, Any], found: dict[str, Any]) -> Check:
    """Agrees where every part does; else the first that does not."""
    for name, value in found.items():
        if told.get(name) != value:
            return same(f"{what}: {name}", told.get(name), value)
    return Check(what, "agrees", f"{len(found)} parts as the rule's version has them")
