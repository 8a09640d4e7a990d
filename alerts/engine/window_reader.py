"""What a look sees: its window, and the hop that the rule's detector learns then.

Rules that look alike at one moment share what was added up; a rule that looks alone has window and hop found together.
"""

from __future__ import annotations

from collections import Counter

from alerts.engine.rule_runner import CROWD, Watch
from alerts.engine.source_coverage import Unread
from alerts.engine.watermark import NEVER
from alerts.records import Window
from alerts.windows.rolling import Windows


class Sight:
    """The windows of `watches` over `windows`; sources that nobody read are no calm (`unread`)."""

    def __init__(self, watches: list[Watch], windows: Windows, unread: Unread) -> None:
        self.watches, self.windows, self.unread = watches, windows, unread
        self._seen: dict[tuple[str, int, int, bool], tuple[Window, Window]] = {}
        self._at = NEVER
        self._lone: dict[tuple[int, ...], frozenset[int]] = {}

    def seen(
        self, at: int, number: int, series: str, interest: tuple[int, ...]
    ) -> tuple[Window, Window] | None:
        """(window, hop) of rule `number` at `at`; None where the rule is sure that there is nothing to be seen."""
        watch = self.watches[number]
        if self.unread.all_read and number in self._alone(interest):
            least = watch.least if watch.may_skip_few(series) else 0
            # An early look learns nothing: hops are the grid's.
            hop_ms = 0 if at % watch.hop_ms else watch.hop_ms
            return self.windows.beside(series, at - watch.window_ms, at, hop_ms, least, True)
        return None if self.idle(at, watch, series) else self.shared(at, series, watch)

    def idle(self, at: int, watch: Watch, series: str) -> bool:
        """Whether so little is in the window that `watch.may_skip` is sure: then nothing need be added up."""
        if not watch.may_skip_few(series):
            return False
        start = at - watch.window_ms
        end = start if watch.learns_what_left else at
        few = self.windows.fewer
        return few(series, start, at, watch.least) and few(series, end - watch.hop_ms, end, 1)

    def shared(self, at: int, series: str, watch: Watch) -> tuple[Window, Window]:
        """The window that ends at `at` and the hop to learn; made once for all rules that look alike."""
        if self._at != at:
            self._at = at
            self._seen.clear()
        window_ms, hop_ms = watch.window_ms, watch.hop_ms
        if at % hop_ms:
            hop_ms = 0
        key = (series, window_ms, hop_ms, watch.learns_what_left)
        found = self._seen.get(key)
        if found is None:
            start = at - window_ms
            end = start if watch.learns_what_left else at
            windows = self.windows
            observed = self.unread.all_read or self.unread.observed(
                series, start, windows.sources(series, start, at)
            )
            found = (
                windows.look(series, start, at, observed),
                windows.look(series, end - hop_ms, end, observed),
            )
            self._seen[key] = found
        return found

    def wants_early(self, watch: Watch, pane: Window, articles: int) -> bool:
        """Whether the series' window fills so fast that the rule does not wait for its grid
        (docs/decisions/0004-early-looks.md). `articles`: of the series, as many as any window holds, at the most."""
        at = pane.end
        since = at - at % watch.hop_ms
        return (
            articles >= watch.least
            and since < at
            and watch.wants_early(pane)
            and self.windows.crowds(pane.series, at - watch.window_ms, since, at, watch.least, CROWD)
        )

    def _alone(self, interest: tuple[int, ...]) -> frozenset[int]:
        """Of rules that watch one series, those that learn what left the window and share it with no other."""
        found = self._lone.get(interest)
        if found is None:
            watches = {n: self.watches[n] for n in interest}
            alike = Counter((w.window_ms, w.hop_ms, w.learns_what_left) for w in watches.values())
            self._lone[interest] = found = frozenset(
                n
                for n, w in watches.items()
                if w.learns_what_left and w.gather is None and alike[w.window_ms, w.hop_ms, True] == 1
            )
        return found
