"""Divergence: a series' negative share departs from what it usually is, and its reference does not go along.

Two kinds. `language_divergence`: X@zh against X@en, and the other way round. `sector_divergence`: a company against all
others of its sector. Expected is the series' own usual share moved by what the reference is off its own usual share
(on the logit scale), so that news that hits both is no divergence, and neither is a language that is always gloomier.
The test is the negative share's beta-binomial, with the reference's uncertainty in its precision.
The reference is the sum of its hops within the window, the series' own taken out where they are in it: stories told
in several hops count in each.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log
from typing import Any, ClassVar, Literal

from alerts.detectors.context import NOT_OBSERVED, DetectorContext
from alerts.detectors.contract import NO_FLOOR, Traits
from alerts.detectors.means import PRIOR, Means
from alerts.detectors.persistence import PersistentDetector
from alerts.detectors.tails import beta_binomial_tail, directed, share_band, statistic
from alerts.records import Verdict, Window
from alerts.windows.series import base_of, entity_of
from core.times import HOUR


@dataclass(frozen=True, slots=True)
class DivergenceParams:
    """What a rule may set."""

    direction: Literal["up", "down", "both"] = "up"
    minimum: int = 4
    """Stories decided on, in the window and in the reference."""
    memory_days: float = 42.0
    warmup_stories: int = 50
    calendar: str = "auto"
    incident_weight: float = 0.2


class Hops:
    """Stories decided on and negative ones of the hops within a window."""

    __slots__ = ("hops", "n", "negative")

    def __init__(self, hops: Iterable[tuple[int, int, int]] = ()) -> None:
        self.hops: deque[tuple[int, int, int]] = deque()
        self.n = self.negative = 0
        for hop in hops:
            self.add(*hop)

    def until(self, start: int) -> None:
        """Forget hops that end at or before `start` (epoch ms)."""
        while self.hops and self.hops[0][0] <= start:
            _, n, negative = self.hops.popleft()
            self.n -= n
            self.negative -= negative

    def add(self, end: int, n: int, negative: int) -> None:
        """One more hop."""
        if self.hops and self.hops[-1][0] == end:
            _, known, bad = self.hops.pop()
            self.hops.append((end, known + n, bad + negative))
        else:
            self.hops.append((end, n, negative))
        self.n += n
        self.negative += negative


class Reference(Hops):
    """A group's recent hops and its usual share."""

    __slots__ = ("usual_n", "usual_negative")

    def __init__(
        self, hops: Iterable[tuple[int, int, int]] = (), usual_n: float = 0.0, usual_negative: float = 0.0
    ) -> None:
        super().__init__(hops)
        self.usual_n, self.usual_negative = usual_n, usual_negative

    def state(self) -> list[Any]:
        """Return [hops, usual n, usual negative], as msgpack can carry it."""
        return [list(self.hops), self.usual_n, self.usual_negative]


class Divergence(PersistentDetector):
    """What both kinds share: the test. A kind says which group a series feeds and which group is its reference."""

    traits: ClassVar[Traits] = Traits(compares_series=True)
    with_extra = True

    def __init__(self, params: DivergenceParams, context: DetectorContext) -> None:
        self.params = params
        self.window = context.window_ms
        self.memory = self.means = Means(context.window_ms, params.memory_days * 24.0, params.calendar)
        self.groups: dict[str, Reference] = {}
        self.own: dict[str, Hops] = {}
        """Each series' own part of its group, taken out where the series is compared with the rest."""

    def feeds(self, series: str) -> str:
        """Return the name of the group that the series' hops are added to; "" for none."""
        raise NotImplementedError

    def reference_of(self, series: str) -> tuple[str, bool]:
        """Return (name of the reference group, whether the series' own stories are to be subtracted from it).

        The name is "" where there is no reference.
        """
        raise NotImplementedError

    def extra_state(self, series: str) -> Any:
        """Return the state of all groups by name for "", and of a series its own hops, or None where it has none."""
        if series:
            own = self.own.get(series)
            return list(own.hops) if own is not None else None
        return {name: group.state() for name, group in sorted(self.groups.items())}

    def load_extra(self, series: str, extra: Any) -> None:
        """Restore what `extra_state` returned."""
        if series:
            self.own[series] = Hops(extra)
        else:
            self.groups = {name: Reference(*state) for name, state in extra.items()}

    def gather(self, window: Window, hop: Window) -> None:
        """Add a hop to the series' group; a hop that was added before is ignored."""
        name, n, negative = self.feeds(window.series), hop.decided, hop.negative
        if not name or not n or not window.observed or self._gathered(window.series, hop.end):
            return
        own = self.own.get(window.series)
        if own is None:
            own = self.own[window.series] = Hops()
        group = self.groups.get(name)
        if group is None:
            group = self.groups[name] = Reference()
        for hops in (own, group):
            hops.until(window.start)
            hops.add(hop.end, n, negative)

    def _gathered(self, series: str, end: int) -> bool:
        own = self.own.get(series)
        return own is not None and bool(own.hops) and own.hops[-1][0] >= end

    def step(self, window: Window, hop: Window, floor: float = NO_FLOOR) -> Verdict:
        """Judge the window against the reference's last window, then learn the hop. Never raises."""
        means, series, params = self.means, window.series, self.params
        self.begin_step(series, floor)
        if not window.observed:
            return NOT_OBSERVED
        market = means.market(series)
        expected, belief, correlation = means.expect(
            market, series, market.calendar.bin((window.end - 1) // HOUR)
        )
        n, k = window.decided, window.negative
        name, inside = self.reference_of(series)
        group = self.groups.get(name)
        m = bad = 0
        if group is not None:
            group.until(window.start)
            m, bad = group.n, group.negative
            if inside and (own := self.own.get(series)) is not None:
                own.until(window.start)
                m, bad = m - own.n, bad - own.negative
        verdict = Verdict(0.0, None, k / n if n else None, None, None, None, False, self._why(name, n, m))
        p = 1.0
        if not verdict.why and group is not None:
            usual = (group.usual_negative + PRIOR * market.mean) / (group.usual_n + PRIOR)
            now = (bad + 2.0 * usual) / (m + 2.0)  # two stories' worth of "as usual" keep the logit finite
            share = _inverse(_logit(expected) + _logit(now) - _logit(usual))
            unsure = (1.0 + (m - 1.0) * correlation) / (m + 2.0) + 1.0 / (group.usual_n + PRIOR)
            rest = min(0.9, correlation + 1.0 / (belief + 1.0) + unsure)
            precision = 1.0 / rest - 1.0
            p = directed(beta_binomial_tail(k, n, share, precision), params.direction)
            low, high = share_band(n, share, precision)
            enough = market.learned >= params.warmup_stories
            why = "" if enough else "learning the usual shares"
            verdict = Verdict(statistic(p), p, k / n, share, low, high, enough, why)
        if hop.decided > 0:
            self._learn(window, hop, params.incident_weight if verdict.enough and p < 0.01 else 1.0)
        return verdict

    def _why(self, name: str, n: int, m: int) -> str:
        if not name:
            return "nothing to hold it against"
        if n < self.params.minimum or m < self.params.minimum:
            return f"{n} stories against {m}, at least {self.params.minimum} a side are asked for"
        return ""

    def _learn(self, window: Window, hop: Window, weight: float) -> None:
        series = window.series
        market = self.means.market(series)
        n, negative = hop.decided, hop.negative
        before = market.live
        self.means.learn(series, market, hop.start, hop.end, n, negative, negative, weight)
        self.gather(window, hop)
        if (group := self.groups.get(self.feeds(series))) is not None:
            fade = exp(-(market.live - before) / (self.params.memory_days * 24.0))
            group.usual_n = group.usual_n * fade + n
            group.usual_negative = group.usual_negative * fade + negative


def _logit(share: float) -> float:
    share = min(max(share, 0.005), 0.995)
    return log(share / (1.0 - share))


def _inverse(logit: float) -> float:
    return min(max(1.0 / (1.0 + exp(-logit)), 0.005), 0.995)


@dataclass(frozen=True, slots=True)
class LanguageDivergenceParams(DivergenceParams):
    """The same, in both directions by default."""

    direction: Literal["up", "down", "both"] = "both"


class LanguageDivergence(Divergence):
    """English against Chinese. The rule's series come in pairs, X@en and X@zh."""

    kind: ClassVar[str] = "language_divergence"

    def feeds(self, series: str) -> str:
        """Return the series itself where it ends with @en or @zh, else ""."""
        return series if series.endswith(("@en", "@zh")) else ""

    def reference_of(self, series: str) -> tuple[str, bool]:
        """Return (the same series in the other language, False); ("", False) for a series without one."""
        base, _, language = series.rpartition("@")
        return {"en": f"{base}@zh", "zh": f"{base}@en"}.get(language, ""), False


class SectorDivergence(Divergence):
    """A company against the rest of its sector (topics and languages against the same topic and language of it)."""

    kind: ClassVar[str] = "sector_divergence"
    traits: ClassVar[Traits] = Traits(compares_series=True, by_sector=True)

    def __init__(self, params: DivergenceParams, context: DetectorContext) -> None:
        super().__init__(params, context)
        self.sectors = context.sectors

    def feeds(self, series: str) -> str:
        """Return the company's sector with the series' topic and language; "" for one without a sector."""
        sector = self.sectors.get(entity_of(series))
        return sector + series[len(base_of(series)) :] if sector else ""

    def reference_of(self, series: str) -> tuple[str, bool]:
        """Return (what `feeds` returns, True): the sector without the company itself."""
        return self.feeds(series), True
