"""The contract of a detector: one object per rule, for all series of that rule.

Pure: no clock, no I/O; time comes with the windows, in order of `end`. Pooling over series, adaptation and
seasonality live inside. State is saved per series, so that a desk writes only what changed. Everything that the engine,
the rules and the verification of evidence need to know of a kind stands here: nobody asks for a kind by its name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import msgspec

from alerts.detectors.context import DetectorContext
from alerts.records import Verdict, Window
from core.runtime.mypyc import mypyc_attr

NO_FLOOR = float("-inf")
"""The state before the step may be asked for, whatever its statistic."""


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind declares of itself. A new kind needs none of them: the defaults are right for a detector that judges
    the window and the newest hop, on the rule's grid, wherever there is enough evidence."""

    learns_after_leaving: bool = False
    """A hop is learned once it has left the window, so that an incident under way does not teach itself away. For
    detectors that judge the window alone; the others judge the newest hop too, and learn it at once."""
    evaluates_early: bool = False
    """May be evaluated between two points of the rule's grid (with an empty hop): what it learns does not depend on
    when it is evaluated."""
    negative_only: bool = False
    """Asked for more (direction `up`), a pane without a negative story cannot raise the statistic: no early evaluation
    is made for it."""
    outlives_window: bool = False
    """The statistic remembers more than the window holds: a window with too little evidence does not end an alert while
    the detector itself has enough."""
    detects_absence: bool = False
    """The signal is that nothing comes. The detector says through `next_due` when to be evaluated next, windows without
    articles are evaluated, and neither the rule's minimum of evidence nor `observed` is asked for."""
    compares_series: bool = False
    """Series are judged against each other: `gather` is called for all series of a moment before the first `step`."""
    by_sector: bool = False
    """Companies are compared within sectors: the rule needs `sectors`, and covers only companies that have one."""
    fixed_threshold: bool = False
    """The statistic is the figure itself, not -log10 of a p-value: there is no history to learn, no budget can be
    fitted, and the rule has to name a threshold."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Detector(ABC):
    """Scores windows of many series, each from the past only, and learns from them.

    `step` first judges `window` with what was known before it, then learns `hop` (the time since this series was last
    stepped; hops do not overlap, windows do). Steps of one series come in order of `end`; hops without any data may be
    left out: the detector accounts for the gap in closed form (equal to stepping through it within 1e-9).
    """

    kind: ClassVar[str] = ""
    """The name under which rules ask for it, as in the registry."""
    traits: ClassVar[Traits] = Traits()

    # Not marked as abstract: mypyc makes no constructor of a decorated __init__.
    def __init__(self, params: Any, context: DetectorContext) -> None:  # noqa: B027
        """`params`: an instance of the kind's parameter class (alerts/detectors/registry.py)."""

    @abstractmethod
    def step(self, window: Window, hop: Window, floor: float = NO_FLOOR) -> Verdict:
        """Judge `window`, then learn `hop`. Never raises.

        `floor`: where the statistic is below it, `prior` is not called after this step, so that a detector need not
        keep the state before it.
        """

    @abstractmethod
    def dump(self, series: Iterable[str] | None = None) -> Mapping[str, bytes]:
        """Return the state by series, of all or of the given ones; the key "" holds what is pooled over series."""

    @abstractmethod
    def load(self, states: Iterable[tuple[str, bytes]]) -> None:
        """Restore the given (series, state) pairs, which `dump` returned; other series stay as they are.

        Bytes that no `dump` returned may raise msgspec.DecodeError, ValueError, TypeError or AttributeError.
        """

    def prior(self) -> Mapping[str, bytes]:
        """Return the state before the last step: loaded into a new detector, that step gives its verdict again.

        {} where nothing was known. Raises RuntimeError where the last step's statistic was below its `floor`.
        """
        return {}

    def next_due(self, series: str, at: int) -> int | None:
        """Return when (epoch ms, after `at`) to evaluate the series if no article comes; None: only when one does.

        Called only for kinds with the trait `detects_absence`.
        """
        return None

    def absent(self, series: str) -> bool:
        """Forget what only an unbroken observation of the series can know; return whether its state changed.

        Called for a series that was due while its rule did not run (the rule was changed and changed back).
        """
        return False

    def gather(self, window: Window, hop: Window) -> None:
        """Add `hop` to what other series are compared with; `step` then gets the same two arguments.

        Called only of kinds with the trait `compares_series`, for all series of a moment before the first is judged:
        otherwise the first by name would be compared with others whose news of the same moment is not in yet.
        """
        return
