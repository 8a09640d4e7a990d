"""Story and Window: the articles of a pane that closes, placed in stories and counted in the panes of their series."""

from __future__ import annotations

from alerts.engine.duplicates import RevisionDeduplicator
from alerts.engine.effects import ArticleOutcome, Effects
from alerts.engine.immediate import Immediate
from alerts.engine.plan import EvaluationPlan
from alerts.engine.source_coverage import SourceCoverage
from alerts.engine.window_reader import WindowReader
from alerts.records import Window
from alerts.stories.book import StoryBook
from alerts.stories.entry import Entry
from alerts.windows.observations import Observation
from alerts.windows.panes import ClosedPane
from alerts.windows.recent_panes import RecentPanes
from alerts.windows.rolling import measure, with_series

Panes = dict[str, list[Observation]]


class PaneCloser:
    """Closes panes in order of time: which articles count, their stories, their series, and what is to be evaluated."""

    def __init__(
        self,
        stories: StoryBook,
        windows: RecentPanes,
        plan: EvaluationPlan,
        reader: WindowReader,
        deduplicator: RevisionDeduplicator,
        coverage: SourceCoverage,
        immediate: Immediate,
    ) -> None:
        self.stories, self.windows, self.plan, self.reader = stories, windows, plan, reader
        self.deduplicator, self.coverage, self.immediate = deduplicator, coverage, immediate

    def close(self, start: int, end: int, contents: list[Entry], effects: Effects) -> None:
        """Decide a pane's articles, in this order, and count them. Their stories have been looked up."""
        self._measure(start, end, self._count(contents, effects), effects)

    def _count(self, contents: list[Entry], effects: Effects) -> Panes:
        """Story: each article once, in its story; what it adds to each of its series."""
        panes: Panes = {}
        for entry in contents:
            if not self.deduplicator.count(entry):
                effects.outcomes.append(ArticleOutcome(entry.id, entry.revision, "revision"))
                continue
            story, novelty = self.stories.place(entry)
            effects.outcomes.append(ArticleOutcome(entry.id, entry.revision, "counted", story))
            self.immediate.on_story(entry.id, entry.revision, story, effects)
            self.coverage.on_article(entry.source)
            for series, observation in entry.observations(story, novelty):
                held = panes.get(series)
                if held is None:
                    panes[series] = [observation]
                else:
                    held.append(observation)
        return panes

    def _measure(self, start: int, end: int, panes: Panes, effects: Effects) -> None:
        """Window: the figures of each series' pane; evaluations are planned where rules cover the series."""
        figures: dict[str, Window] = {}
        for series, observations in panes.items():
            base = series.partition("@")[0] if "@" in series else ""
            whole = panes.get(base) if base else None
            if whole is not None and len(whole) == len(observations):
                # All articles of the base series are in this language: the same pane under another name.
                window, observations = with_series(figures[base], series), whole
            else:
                window = measure(series, start, end, observations)
            figures[series] = window
            effects.panes.append(ClosedPane(window, observations))
            if interest := self.plan.interest(series):
                articles = self.windows.add(series, start, observations)
                self.plan.enter(series, start, interest, articles)
                for number in interest:
                    if self.reader.wants_early(self.plan.runners[number], window, articles):
                        self.plan.evaluations.add(end, number, series)
