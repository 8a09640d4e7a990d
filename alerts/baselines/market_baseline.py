"""What the series of one market share: a clock of live time, exposure and stories per hour of the week, the spread.

Time without data needs no step: exposure is the market's, and grows when any of its series has data. A market in
which nothing at all was read for longer than 72 h (or twenty times its mean interval) was not listening: that
time is dead: it neither decays nor counts as time without news. The 1987 wire has sixteen such weeks.

Memory fades by forward decay (Cormode et al. 2009): what is added at live time L is weighted e^(L/memory), and
read relative to now; so nothing has to be aged.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from math import exp
from operator import attrgetter
from typing import Any, ClassVar

from alerts.baselines.calendar import HOURS_OF_WEEK, Calendar, calendar
from alerts.baselines.rhythm import learn_rhythm
from core.times import HOUR

SLOW = 4.0
"""Memory of the hours of the week is this many times that of the level."""
GENERATION = 30.0
"""After so many slow memories the weights are scaled back (e^30 stays exact enough in 32 bits)."""
DEAD_HOURS = 72.0
"""A market without anything for longer was not read."""
RHYTHM_MS = 6 * HOUR
"""How often a market's rhythm is computed from its hours."""

PLAIN = (
    "now",
    "live",
    "generation",
    "steps",
    "series",
    "learned",
    "fast",
    "exposure",
    "rhythm_hours",
    "rhythm_at",
    "excess",
    "weight",
)
ARRAYS = ("stories", "hours", "rhythm", "doubt")


class MarketBaseline:
    """What the series of one market share. `memory` and all exposure are in hours of live time; `window` is in ms."""

    plain: ClassVar[tuple[str, ...]] = PLAIN
    arrays: ClassVar[tuple[str, ...]] = ARRAYS
    plain_of: ClassVar[attrgetter[Any]] = attrgetter(*PLAIN)
    arrays_of: ClassVar[attrgetter[Any]] = attrgetter(*ARRAYS)

    def __init__(self, name: str, memory: float, window: int) -> None:
        self.name = name
        self.calendar: Calendar = calendar(name)
        self.memory = memory
        self.window = window
        self.now = -1
        self.live = 0.0
        self.generation = 0
        self.steps = 0
        self.series = 0
        self.learned = 0
        """Stories learned, unweighted."""
        self.fast = 0.0
        self.exposure = 0.0
        """Fast-weighted hours, each weighted by the rhythm of its hour."""
        self.stories = array("d", bytes(8 * HOURS_OF_WEEK))
        self.hours = array("d", bytes(8 * HOURS_OF_WEEK))
        self.rhythm = array("d", [1.0] * HOURS_OF_WEEK)
        self.doubt = array("d", [1.0] * HOURS_OF_WEEK)
        """How unsure each hour's rhythm is: the relative variance that days without data yet leave in it."""
        self.rhythm_hours = 0.0
        """Slow hours weighted by rhythm, as of `rhythm_at`."""
        self.rhythm_at = -1
        self.excess = 5.0
        self.weight = 10.0
        self._undo: dict[tuple[str, int], tuple[array[float], float]] = {}
        """Where an array was written to since the last `copy`: that array, and what stood there."""
        self._weights()

    def _weights(self) -> None:
        """Forward weights at the present live time, relative to the generation."""
        span = GENERATION * SLOW * self.memory
        since = self.live - self.generation * span
        while since >= span:
            self.generation += 1
            since -= span
            self._turn(*self.scale(1))
        self.at_fast = exp(since / self.memory)
        self.at_slow = exp(since / (self.memory * SLOW))

    def _turn(self, slow: float, fast: float) -> None:
        """A new generation: scale all weights back."""
        self.fast *= fast
        self.exposure *= fast
        self.rhythm_hours *= slow
        self.stories = array("d", [value * slow for value in self.stories])
        self.hours = array("d", [value * slow for value in self.hours])

    def scale(self, generations: int) -> tuple[float, float]:
        """Return the factors by which (slow, fast) weights shrink over so many generations."""
        return exp(-GENERATION * generations), exp(-GENERATION * SLOW * generations)

    def advance(self, end: int, hop: int) -> float:
        """Move the clock to `end`, as some series has data in the `hop` ms up to there; returns the live hours
        passed."""
        if end <= self.now:
            return 0.0
        if self.now < 0:
            self.now = end - hop
        gap = (end - self.now) / HOUR
        usual = self.live / self.steps if self.steps else 0.0
        if gap > max(DEAD_HOURS, 20.0 * usual):
            self.now = end - min(hop, HOUR)
            gap = (end - self.now) / HOUR
        self.steps += 1
        self.live += gap
        self._weights()
        start, fast, slow = self.now, self.at_fast, self.at_slow
        while start < end:
            hour = start // HOUR
            stop = min(end, (hour + 1) * HOUR)
            part = (stop - start) / HOUR
            b = self.calendar.bin(hour)
            self.add("hours", self.hours, b, part * slow)
            self.exposure += part * self.rhythm[b] * fast
            start = stop
        self.now = end
        if end // RHYTHM_MS != self.rhythm_at:
            self.rhythm_at = end // RHYTHM_MS
            self.rhythm, self.doubt, self.rhythm_hours = learn_rhythm(self.stories, self.hours, self.at_slow)
        return gap

    @property
    def level(self) -> float:
        """Mean number of stories an hour of one series of the market; 0 while nothing is known."""
        if self.exposure <= 0.0 or not self.series:
            return 0.0
        return self.fast / self.exposure / self.series

    def add(self, name: str, values: array[float], b: int, value: float) -> None:
        """Add `value` to bin `b` of one of the arrays (`values`, called `name`), for `packed` remembering the
        old value."""
        old = values[b]
        if (name, b) not in self._undo:
            self._undo[name, b] = values, old
        values[b] = old + value

    def copy(self) -> tuple[object, ...]:
        """Return the state cheaply; `packed` makes a dump of it until the next call of this method.

        Arrays are kept as they are: single values are written through `add`, which remembers what they were; all else
        that changes an array makes a new one.
        """
        self._undo.clear()
        return (*self.plain_of(self), *self.arrays_of(self))

    def packed(self, copy: tuple[object, ...]) -> dict[str, object]:
        """Return the dump (as `dump`) of the state that the last `copy` returned."""
        found: dict[str, object] = dict(zip((*self.plain, *self.arrays), copy, strict=True))
        kept = {name: array("d", found[name]) for name in self.arrays}  # type: ignore[call-overload]
        for (name, b), (values, value) in self._undo.items():
            if values is found[name]:
                kept[name][b] = value
        return found | {name: values.tobytes() for name, values in kept.items()}

    def dump(self) -> dict[str, object]:
        """Return the state as msgpack can carry it, without what follows from it."""
        plain = dict(zip(self.plain, self.plain_of(self), strict=True))
        return plain | {name: getattr(self, name).tobytes() for name in self.arrays}

    def restore(self, dump: Mapping[str, Any]) -> None:
        """Restore what `dump` returned. Raises KeyError where a value is missing."""
        for name in self.plain:
            setattr(self, name, dump[name])
        for name in self.arrays:
            if name in dump:  # states of before `doubt` was kept have none
                values = array("d")
                values.frombytes(dump[name])
                setattr(self, name, values)
        self._weights()
