"""Where the time goes from a scripted incident's onset to its alert: `python -m bench.incidents --seed N --store URL`.

Over the scored articles of a store that `newsquake up --replay` made of `newsquake simulate --seed N --weeks 8`, as
`newsquake rules preview --events` runs them. What the simulator knows of every article (which story it tells) is held
against the stories that the desk told. Per incident: minutes from the onset to the decision; articles, true stories and
told ones until then; and minutes until each thing that the rule first sure of itself asks for was there: its minimum
of stories, of publishers, a statistic at its threshold. `--true-stories` lets the desk count the simulator's stories.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from statistics import mean, median
from typing import Any

os.environ["NEWSQUAKE_COMPILED"] = "off"  # a compiled Desk cannot be taken further

import backtest.run
from alerts.engine.desk import Desk
from alerts.engine.rule_runner import RuleRunner, detector_of
from alerts.records import Window
from alerts.rules.loading import load_rules
from alerts.stories.book import StoryBook, novelty
from alerts.stories.entry import Entry
from backtest import history
from backtest.known_incidents import KnownIncident, related
from backtest.preview import preview
from backtest.report import PreviewReport
from core.settings import StoreSettings
from core.store import open_store
from core.times import MINUTE
from newsquake.simulate import Incident, SimulatedRow, SimulationSpec, generate, plan

ASKED = ("stories", "publishers", "statistic", "breadth")


@dataclass
class Told:
    """What the desk made of the articles, and when each rule had on an incident's series what it asks for."""

    truth: dict[str, SimulatedRow]
    incidents: list[Incident]
    stories: dict[str, str] = field(default_factory=dict)
    first: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)


class TrueBook(StoryBook):
    """Stories as the simulator knows them."""

    def __init__(self, truth: dict[str, SimulatedRow]) -> None:
        super().__init__()
        self._truth, self._articles = truth, Counter[str]()

    def looked_up(self, entry: Entry) -> bool:
        """Nothing need be looked up."""
        return True

    def place(self, entry: Entry) -> tuple[str, int]:
        """The story that it was written of."""
        story = str(self._truth[entry.id].story)
        self._articles[story] += 1
        return story, novelty(self._articles[story] - 1)


def desk_of(told: Told, true_stories: bool) -> type[Desk]:
    """A desk that writes down what it does."""

    class Noting(Desk):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            if true_stories:
                self.stories = TrueBook(told.truth)
            self._came: set[str] = set()
            place = self.stories.place

            def noted(entry: Entry) -> tuple[str, int]:
                story, new = place(entry)
                told.stories[entry.id] = story
                return story, new

            self.stories.place = noted  # type: ignore[method-assign]

        def _moment(self, at: int) -> int:
            before = len(self._effects.panes)
            closed = super()._moment(at)
            self._came = {pane.window.series for pane in self._effects.panes[before:]}
            for incident in told.incidents if self._came else ():
                for runner in self.runners:
                    if incident.onset <= at <= incident.end + runner.window_ms:
                        self._note(at, incident, runner)
            return closed

        def _note(self, at: int, incident: Incident, runner: RuleRunner) -> None:
            for series in sorted(self._came):
                if not runner.rule.matches(series) or not related(incident.series, series):
                    continue
                detector = detector_of(runner.rule, runner.context)
                detector.load(runner.detector.dump([series]).items())
                window = self.windows.window(series, at - runner.window_ms, at)
                verdict = detector.step(window, Window(series, at, at))
                breach = verdict.enough and verdict.statistic >= runner.threshold.value(at)
                there = {
                    "stories": window.stories >= runner.rule.min_stories,
                    "publishers": window.publishers >= runner.rule.min_publishers,
                    "statistic": breach,
                    "breadth": runner.has_evidence(window, self.windows),
                    "all": breach and runner.has_evidence(window, self.windows),
                }
                noted = told.first.setdefault((incident.id, runner.rule.id), {})
                for what, is_there in there.items():
                    if is_there:
                        noted.setdefault(what, at)

    return Noting


def measure(seed: int, weeks: float, store: str, true_stories: bool) -> tuple[PreviewReport, Told]:
    """(what the rules made of the incidents, what was noted beside)."""
    spec = SimulationSpec(seed=seed, weeks=weeks)
    told = Told(
        {row.article().id: row for row in generate(spec)}, [one for one in plan(spec) if one.must_alert]
    )
    opened = open_store(StoreSettings(url=store), read_only=True)
    records = list(history.of_store(opened, None, None))
    events = [KnownIncident(one.id, one.series, one.onset, one.end, one.must_alert) for one in plan(spec)]
    times = [record.article.available_at for record in records]
    plain, backtest.run.Desk = backtest.run.Desk, desk_of(told, true_stories)  # type: ignore[misc]
    try:
        report = preview(
            iter(records), load_rules(), start=min(times), end=max(times) + 1, pane_ms=MINUTE, lateness_ms=MINUTE,
            events=events, health=history.health_of_store(opened, None, None),
        )  # fmt: skip
    finally:
        backtest.run.Desk = plain  # type: ignore[misc]
    return report, told


def pairs(told: Told) -> dict[str, list[int]]:
    """Of pairs of one incident's articles, by language: [told as one, truly one, both]."""
    of: dict[str, list[str]] = defaultdict(list)
    for name in told.stories:
        of[told.truth[name].incident].append(name)
    found: dict[str, list[int]] = {"en": [0, 0, 0], "zh": [0, 0, 0], "across": [0, 0, 0]}
    for incident in told.incidents:
        for a, b in combinations(of[incident.id], 2):
            one, other = told.truth[a], told.truth[b]
            counts = found[one.language if one.language == other.language else "across"]
            said, real = told.stories[a] == told.stories[b], one.story == other.story
            counts[0] += said
            counts[1] += real
            counts[2] += said and real
    return found


def main() -> None:
    """Print a line per incident, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--weeks", type=float, default=8.0)
    parser.add_argument("--store", required=True, help="such as sqlite:///s.db")
    parser.add_argument("--true-stories", action="store_true")
    options = parser.parse_args()
    report, told = measure(options.seed, options.weeks, options.store, options.true_stories)
    last: Counter[str] = Counter()
    true, made = set(), set()
    for incident in told.incidents:
        took = report.found.get(incident.id)
        mine = [name for name in told.stories if told.truth[name].incident == incident.id]
        true |= {told.truth[name].story for name in mine}
        made |= {told.stories[name] for name in mine}
        until = [
            name
            for name in mine
            if took is None or told.truth[name].available_at <= incident.onset + took - MINUTE
        ]
        rules = [
            (noted["all"], rule)
            for (name, rule), noted in told.first.items()
            if name == incident.id and "all" in noted
        ]
        said = "never sure"
        if rules:
            _, rule = min(rules)
            noted = told.first[incident.id, rule]
            last[max(ASKED, key=lambda what: noted[what])] += 1
            said = (
                ", ".join(f"{what} {(noted[what] - incident.onset) // MINUTE}" for what in ASKED)
                + f"  {rule}"
            )
        decided = "not found" if took is None else f"{took // MINUTE:5d} min"
        real, counted = {told.truth[name].story for name in until}, {told.stories[name] for name in until}
        print(
            f"{incident.id:20s} {decided}  articles {len(until):3d}  true stories {len(real)}  told {len(counted)}"
            f"  after minutes: {said}"
        )
    took_all = [took / MINUTE for took in report.found.values()]
    summary = report.summary()
    print(
        f"found {len(took_all)} of {len(told.incidents)}, decided after a median of {median(took_all):.0f} "
        f"and a mean of {mean(took_all):.0f} min; {summary['false_alarms_a_week']:.2f} false alarms a week; forbidden: "
        f"{', '.join(summary['forbidden']) or 'none'}"
    )
    print("what came last: " + ", ".join(f"{what} {number}" for what, number in last.most_common()))
    print(
        f"stories of incidents: {len(true)} true ones, told as {len(made)}; pairs, precision / recall: "
        + ", ".join(
            f"{name} {both / max(1, said):.2f} / {both / max(1, real):.2f}"
            for name, (said, real, both) in pairs(told).items()
        )
    )


if __name__ == "__main__":
    main()
