"""From the evidence to the alert, over scripted incidents: `python -m bench.delay [--seeds 31 32 33 34]`.

The simulated newswire (newsquake/simulate, pre-scored with 3 % wrong labels) runs through the very desk that runs live.
At the end of every pane in which something came on an incident's own series, each rule is asked beside the desk, on a
copy of its detector, whether it would fire: minimum of evidence and threshold both met. The first such pane end is when
the evidence was enough. The delay is from there to the pane at whose end the alert was decided, in panes of a minute;
the allowed lateness (a minute more) is waited for by all and not in it. Alerts on incidents are disposed as true before
the next weekly fit, as in `newsquake rules preview --events`.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

os.environ["NEWSQUAKE_COMPILED"] = "off"  # a compiled Desk cannot be taken further

from alerts.engine.assembly import runners_of
from alerts.engine.desk import Desk
from alerts.engine.rule_runner import RuleRunner, detector_of
from alerts.engine.watermark import Watermark
from alerts.lifecycle.alert import Evaluation
from alerts.records import AlertLine
from alerts.rules.loading import load_rules
from alerts.rules.model import RuleSet
from alerts.thresholds.echoes import PaneArticles
from backtest.known_incidents import KnownIncident, related, true_alarms
from backtest.run import feedback_of
from core.records import Marker, ScoredArticle
from core.times import HOUR, MINUTE, iso
from newsquake.simulate import Incident, SimulationSpec, generate, plan


@dataclass
class Found:
    """What one rule made of one incident; times in ms, None: never."""

    enough: int | None = None
    fired: int | None = None


class Asked(Desk):
    """A desk that is asked, beside its own evaluations, at every pane with data on an incident's series."""

    def __init__(self, rules: RuleSet, runners: list[RuleRunner], incidents: list[Incident]) -> None:
        super().__init__(rules, runners, Watermark(1, MINUTE), MINUTE)
        self.incidents_asked = [one for one in incidents if one.must_alert]
        self.found: dict[tuple[str, str], Found] = {}
        self._came: set[str] = set()
        self.asked = 0

    def _moment(self, at: int) -> int:
        before = len(self._effects.panes)
        closed = super()._moment(at)
        self._came = {pane.window.series for pane in self._effects.panes[before:]}
        for incident in self.incidents_asked:
            for runner in self.runners:
                if incident.onset <= at <= incident.end + runner.window_ms:
                    self._ask(at, incident, runner)
        return closed

    def _ask(self, at: int, incident: Incident, runner: RuleRunner) -> None:
        found = self.found.setdefault((incident.id, runner.rule.id), Found())
        for series in sorted(self._came):
            mine = runner.rule.matches(series) and related(incident.series, series)
            if mine and found.enough is None:
                self.asked += 1
                if self._would(at, runner, series):
                    found.enough = at
        for series, alert in runner.alerts.items():
            if alert.fired_at == at and found.fired is None and related(incident.series, series):
                found.fired = at
                found.enough = at if found.enough is None else found.enough

    def _would(self, at: int, runner: RuleRunner, series: str) -> bool:
        detector = detector_of(runner.rule, runner.context)
        detector.load(runner.detector.dump([series]).items())
        window = self.windows.window(series, at - runner.window_ms, at)
        hop = type(window)(series, at, at)
        verdict = detector.step(window, hop)
        enough = verdict.enough and runner.has_evidence(window, self.windows)
        return Evaluation(at, window, verdict, runner.threshold.value(at), enough).breach


def measure(rules: RuleSet, spec: SimulationSpec) -> dict[tuple[str, str], Found]:
    """(incident, rule) -> when its evidence was enough, and when it fired."""
    desk = Asked(rules, runners_of(rules, MINUTE), plan(spec))
    lines: list[AlertLine] = []
    pane_articles = PaneArticles()
    windows = {rule.id: rule.window_ms for rule in rules.rules}
    known = [
        KnownIncident(one.id, one.series, one.onset, one.end, one.must_alert) for one in desk.incidents_asked
    ]

    def go_on(at: int, end: bool = False) -> None:
        desk.on_marker(0, Marker(writer="bench", t=at, end=end))
        more = True
        while more:
            if desk.fit_is_due:
                desk.set_feedback(feedback_of(desk, true_alarms(known, windows, lines), pane_articles))
            more = desk.advance()
            effects = desk.effects()
            pane_articles.add(effects.panes)
            lines.extend(change.line for change in effects.changes)

    for number, article in enumerate(_articles(spec)):
        desk.add(article)
        if number % 200 == 0:
            go_on(article.article.available_at)
    go_on(spec.end_ms + 48 * HOUR, end=True)
    assert desk.asked, "nothing was asked beside the desk: it has no such step any more"
    return desk.found


def _articles(spec: SimulationSpec) -> Iterator[ScoredArticle]:
    draw = random.Random(f"labels:{spec.seed}").random
    seen: set[str] = set()
    for row in sorted(generate(spec), key=lambda one: one.available_at):
        if row.id not in seen:  # a dump has some rows twice
            seen.add(row.id)
            yield row.scored(draw, spec.label_noise)


def main() -> None:
    """Print a line per incident, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[31, 32, 33, 34])
    parser.add_argument("--weeks", type=float, default=8.0)
    parser.add_argument("--articles", type=int, default=5_000)
    parser.add_argument("--rules", type=Path)
    options = parser.parse_args()
    rules = load_rules(options.rules)
    delays: list[float] = []
    wanted = missed = 0
    for seed in options.seeds:
        spec = SimulationSpec(seed=seed, weeks=options.weeks, articles=options.articles)
        found = measure(rules, spec)
        for incident in plan(spec):
            if not incident.must_alert:
                continue
            wanted += 1
            mine = {rule: one for (name, rule), one in found.items() if name == incident.id and one.fired}
            if not mine:
                missed += 1
                print(f"seed {seed:3d}  {incident.kind:16s} {iso(incident.onset)[:16]}  not found")
                continue
            rule, first = min(mine.items(), key=lambda item: (item[1].fired or 0, item[0]))
            assert first.enough is not None and first.fired is not None
            # By the first rule to fire: but the evidence counts from the moment it was enough for any rule.
            enough = min(
                one.enough
                for (name, _), one in found.items()
                if name == incident.id and one.enough is not None
            )
            delay = (first.fired - enough) / MINUTE
            delays.append(delay)
            print(
                f"seed {seed:3d}  {incident.kind:16s} {iso(incident.onset)[:16]}  enough after "
                f"{(enough - incident.onset) / MINUTE:5.0f} min  fired {delay:3.0f} panes later  {rule}"
            )
    delays.sort()
    print(
        f"{wanted} incidents, {wanted - missed} found (recall {(wanted - missed) / max(1, wanted):.3f}); panes from "
        f"enough evidence to the alert: median {median(delays):g}, nine in ten within "
        f"{delays[int(0.9 * (len(delays) - 1))]:g}, most {delays[-1]:g}"
    )


if __name__ == "__main__":
    main()
