"""What a glitch hides from `newsquake detect`, and what a series at rest is reported for: `python -m bench.glitch`.

The range that distances are measured by has a floor (detect/detector.py); here is each way that was tried.
docs/detectors.md has the table. `--nab` adds the benchmark's figures for each (some ten seconds each).
"""

from __future__ import annotations

import argparse
import math
import random
from collections import deque
from collections.abc import Callable

from bench import nab
from detect.detector import StreamDetector, StreamParams

Floor = Callable[[list[float], float], float]
"""(the values seen, sorted; their usual spread) -> the least that the range may be."""


def whole(known: list[float], usual: float) -> float:
    """3 % of all that was ever seen: as it was."""
    return 0.03 * (known[-1] - known[0])


def none(known: list[float], usual: float) -> float:
    """No floor."""
    return 0.0


def limited(known: list[float], usual: float) -> float:
    """3 % of all, but at most ten times the usual spread where there is one."""
    return min(whole(known, usual), 10 * usual) if usual > 0 else whole(known, usual)


class Other(StreamDetector):
    """The detector with another floor, and every row among the distances of late."""

    floor: Floor = staticmethod(whole)

    def _range(self) -> float:
        known = self._sorted
        n = len(known)
        usual = known[min(n - 1, int(0.995 * n))] - known[int(0.005 * n)]
        return min(known[-1] - known[0], max(self.params.cap * usual, self.floor(known, usual)))

    def _novelty(self, value: float) -> float:
        found = super()._novelty(value)
        self._leapt = -math.inf
        return found


class Forgetting(Other):
    """3 % of what was seen on the last thousand rows."""

    def __init__(self) -> None:
        super().__init__()
        self.late: deque[float] = deque(maxlen=1000)

    def floor(self, known: list[float], usual: float) -> float:
        """The spread is taken again at every row: slow, and only for comparison."""
        return 0.03 * (max(self.late) - min(self.late))

    def _learn(self, value: float) -> None:
        super()._learn(value)
        self.late.append(value)


class Spared(Other):
    """3 % of all but the three highest and lowest rows; the distances of late hold every row."""

    _range = StreamDetector._range


class Five(StreamDetector):
    """As it is, with five rows left out where it leaves out three."""

    def __init__(self) -> None:
        super().__init__(StreamParams(spared=5))


def with_floor(function: Floor) -> type[StreamDetector]:
    """A detector with that floor."""
    return type("Floored", (Other,), {"floor": staticmethod(function)})


WAYS: dict[str, type[StreamDetector]] = {
    "3 % of all (as it was)": with_floor(whole),
    "none": with_floor(none),
    "3 % of all, at most 10 × the usual spread": with_floor(limited),
    "3 % of the last 1,000 rows": Forgetting,
    "3 % without the three highest and lowest": Spared,
    "without five, and leaps are no distances of late": Five,
    "**without three, and leaps are no distances of late**": StreamDetector,
}


def _scores(way: type[StreamDetector], values: list[float]) -> list[float]:
    stream = way()
    return [stream.step(300.0 * i, value) for i, value in enumerate(values)]


def spike(way: type[StreamDetector], size: float, rows: int = 1) -> float:
    """The score of 60 in noise 10 ± 1 at row 1,500, behind a glitch at row 500."""
    chance = random.Random(1)
    values = [10 + chance.gauss(0, 1) for _ in range(1501)]
    values[500 : 500 + rows] = [size * (1 + 0.01 * i) for i in range(rows)]
    values[1500] = 60.0
    return _scores(way, values)[1500]


def day(way: type[StreamDetector], size: float) -> float:
    """The largest score of a day that stands still where others swing, four days behind a glitch."""
    chance = random.Random(1)
    values = [math.sin(i / 288 * 2 * math.pi) * 10 + chance.gauss(0, 0.3) for i in range(288 * 10)]
    values[288 * 5 + 100] = size
    first = 288 * 9 + 20
    values[first : first + 100] = [-9.0 + i * 0.001 for i in range(100)]
    return max(_scores(way, values)[first : first + 100])


def jumps(way: type[StreamDetector], noise: float) -> int:
    """How many rows are reported of a gauge at 5 that jumps to 25 ± .05 on each 300th."""
    chance = random.Random(1)
    values = [5 + chance.gauss(0, noise) for _ in range(10_000)]
    for i in range(307, 10_000, 300):
        values[i] = 25 + chance.gauss(0, 0.05)
    return sum(score > 0.5 for score in _scores(way, values)[500:])


def main() -> None:
    """One line a way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nab", action="store_true")
    arguments = parser.parse_args()
    corpus = nab.load() if arguments.nab else []
    for name, way in WAYS.items():
        after = ", ".join(f"{spike(way, size):.2g}" for size in (1e3, 1e6, 1e9))
        rest = ", ".join(str(jumps(way, noise)) for noise in (0.0, 0.001, 0.01))
        print(f"| {name} | {after} | {spike(way, 1e6, 3):.2g} | {day(way, 1e6):.2g} | {rest} |", flush=True)
        if corpus:
            scores = {one.name: list(map(way().step, one.times, one.values)) for one in corpus}
            found = [nab.sweep(corpus, scores, profile)[0] for profile in nab.PROFILES]
            halves = [corpus[0::2], corpus[1::2]]
            crossed = [
                nab.at_threshold(other, scores, nab.sweep(half, scores, "standard")[1])
                for half, other in zip(halves, halves[::-1], strict=True)
            ]
            print(
                "   ", *(f"{value:.1f}" for value in found), "halves", *(f"{value:.1f}" for value in crossed)
            )


if __name__ == "__main__":
    main()
