"""Deriving a window rule's alert again from its evidence pack: the verdict, the decision and the words.

The rule's terms are checked by rule_terms.py, what is counted by recount.py.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from alerts.detectors import KINDS, DetectorContext, make, traits_of
from alerts.evidence import assembly, schema, sentence
from alerts.evidence.headlines import strongest_headlines
from alerts.evidence.verify.checks import Check, same
from alerts.evidence.verify.recount import article_checks, count_checks, hop_checks
from alerts.evidence.verify.rule_terms import rule_checks
from alerts.lifecycle.alert import alert_id
from alerts.lifecycle.alert_line import round_significant
from alerts.records import SEVERITIES, Verdict, Window
from alerts.windows.breadth import broad
from alerts.windows.observations import Observation, label_of
from core.errors import ConfigError
from core.times import iso, parse_iso


def window_checks(pack: schema.Pack, figures: Mapping[str, Any]) -> Iterator[Check]:
    """Yield all checks of a window rule's pack. `figures`: the pack's window, as a mapping."""
    window = Window(**figures)
    yield same("alert's id", pack.line.id, _window_id(pack))
    yield from rule_checks(pack, window)
    yield from article_checks(pack, window)
    yield from count_checks(pack, window)
    yield from hop_checks(pack, window)
    yield from _verdict(pack)
    yield from _decision(pack, window)
    yield from _words(pack, window)


def _window_id(pack: schema.Pack) -> str:
    line = pack.line
    return alert_id(line.rule, line.rule_version, line.series, parse_iso(line.onset))


def _verdict(pack: schema.Pack) -> Iterator[Check]:
    given = Verdict(**(pack.verdict or {"statistic": 0.0}))
    line = pack.line
    for name in ("observed", "expected", "p_value"):
        yield same(f"line's {name}", getattr(line, name), round_significant(getattr(given, name)))
    state = {name: base64.b64decode(value) for name, value in pack.detector.get("state", {}).items()}
    yield same("detector state's hash", pack.detector.get("state_hash"), assembly.state_hash(state))
    if not state or pack.window is None or pack.hop is None:
        yield Check(
            "detector's verdict", "unknown", "the pack holds no state of the detector from before the step"
        )
        return
    if pack.rule.get("metric") == "net_sentiment" and "positive" not in pack.window:
        detail = (
            "made when net sentiment was taken for the mean sentiment: its window counts no positive stories"
        )
        yield Check("detector's verdict", "unknown", detail)
        return
    kind = KINDS.get(pack.detector["kind"])
    then, now = pack.rule.get("content", {}).get("statistic", 1), kind.statistic if kind else None
    if kind and then != now:
        detail = f"decided by statistic {then} of {pack.detector['kind']}; this version of newsquake computes {now}"
        yield Check("detector's verdict", "unknown", detail)
        return
    try:
        detector = make(
            pack.detector["kind"], pack.detector["params"], DetectorContext(**pack.detector["context"])
        )
        detector.load(state.items())
        found = detector.step(Window(**pack.window), Window(**pack.hop))
    except (ConfigError, TypeError, ValueError, msgspec.DecodeError) as error:
        yield Check("detector's verdict", "unknown", f"this version cannot load the state: {error}")
        return
    differing = [
        name
        for name in pack.verdict or ()  # the parts that it has: packs of earlier releases lack some
        if not _equal(getattr(given, name), getattr(found, name))
    ]
    if differing:
        name = differing[0]
        yield same(f"detector's {name}", getattr(given, name), getattr(found, name))
    else:
        yield Check(
            "detector's verdict", "agrees", f"statistic {given.statistic:.6g} derived again from its state"
        )


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        # exp and log of another machine may differ in the last bit.
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return bool(one == other)


def _decision(pack: schema.Pack, window: Window) -> Iterator[Check]:
    line, rule = pack.line, pack.rule
    yield from _threshold(pack)
    if pack.threshold is None or pack.verdict is None:
        return
    statistic, threshold = float(pack.verdict["statistic"]), pack.threshold
    sure = bool(pack.verdict["enough"])
    evident = all(
        getattr(window, name) >= rule[f"min_{name}"] for name in ("articles", "stories", "publishers")
    )
    wide = _broad(pack)
    if wide is None:
        detail = f"the pack leaves {pack.left_out} articles out, so its breadth cannot be counted"
        yield Check("breadth", "unknown", detail)
    # Absence has no evidence to require; a statistic that outlives its window does not resolve in a thin hour.
    traits = traits_of(pack.detector["kind"])
    enough = sure and (traits.detects_absence or (window.observed and evident and wide is not False))
    if line.state == "resolved":
        lasts = sure and traits.outlives_window and window.articles > 0
        below = threshold - (1 - rule["resolve_below"]) * abs(threshold)
        below_it = window.observed and (not (enough or lasts) or statistic < below + 1e-12)
        detail = f"statistic {statistic:.4g} below {rule['resolve_below']} × {threshold:.4g}, or too little evidence"
        # Above it, but perhaps too narrow to go on: the articles left out would show.
        unsure = not below_it and wide is None and window.observed and not (traits.detects_absence or lasts)
        yield Check("resolved", "agrees" if below_it else "unknown" if unsure else "differs", detail)
    else:
        detail = f"statistic {statistic:.4g} at or above {threshold:.4g}, with enough evidence"
        breach = statistic >= threshold and enough
        yield Check("breach", "agrees" if breach else "differs", detail)
        far = 1 + (statistic - threshold) / abs(threshold) if threshold else 1.0
        rungs = [name for name, ratio in rule["severities"] if far >= ratio - 1e-12]
        reached = rungs[-1] if rungs else rule["severities"][0][0]
        if line.state == "pending" or not rule["hold_ms"]:  # one evaluation: at the onset, or where it rose
            yield same("severity", line.severity, reached)
        else:
            fits = SEVERITIES.index(line.severity) >= SEVERITIES.index(reached)
            detail = f"{line.severity}; this window alone reaches {reached} (severity never falls)"
            yield Check("severity", "agrees" if fits else "differs", detail)
    ladder = [name for name, _ in rule["severities"]]
    if line.severity not in ladder:
        yield Check("severity", "differs", f"{line.severity} is none of the rule's: {', '.join(ladder)}")
    if line.state == "pending":
        yield same("pending since", line.onset, iso(window.end))
    yield same("decided at", line.decided_at, iso(window.end + pack.lateness_ms))


def _broad(pack: schema.Pack) -> bool | None:
    """Whether its news is as broad as the rule requires; None where articles that would show it are left out."""
    bad, beside = (pack.rule.get(name, 0) for name in ("min_negative_publishers", "min_stories_beside_one"))
    if not (bad or beside):
        return True
    if pack.left_out:
        return None
    given = []
    for one in pack.articles:
        label = label_of(one.p_negative, one.p_neutral, one.p_positive)
        given.append(Observation(0, one.id, one.story, one.publisher, "", 1 - one.abstained, label, 0))
    return broad(given, bad, beside)


def _threshold(pack: schema.Pack) -> Iterator[Check]:
    static = pack.rule.get("threshold")
    if static is not None:
        yield same("threshold", pack.threshold, static)
    elif pack.fit:
        fit = msgspec.json.decode(pack.fit)
        yield same("threshold", pack.threshold, fit.get("threshold"))
    elif isinstance(pack.hop_articles, msgspec.UnsetType):
        detail = "the pack holds no fit: an earlier release lost it in batches of weeks; `verify ID` reads the store's"
        yield Check("threshold", "unknown", detail)
    else:
        yield Check("threshold", "differs", "the rule sets none, and the pack holds no fit")


def _words(pack: schema.Pack, window: Window) -> Iterator[Check]:
    rule = _rule_like(pack)
    verdict = Verdict(**(pack.verdict or {"statistic": 0.0}))
    detail = sentence.windowed(pack.line, rule["metric"], window, verdict)
    before = sentence.windowed(pack.line, rule["metric"], window, verdict, round_to_0=True)
    # A pack keeps the wording of its release; the numbers in it are the same.
    yield same("sentence", pack.sentence, before if pack.sentence == before else detail)
    yield same(
        "headlines",
        pack.headlines,
        strongest_headlines(pack.articles, assembly.direction(rule["metric"], rule["direction"])),
    )


def _rule_like(pack: schema.Pack) -> dict[str, str]:
    return {"metric": str(pack.rule["metric"]), "direction": str(pack.rule["direction"])}
