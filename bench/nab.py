"""The Numenta Anomaly Benchmark on the part of it that lies in ../shared/data/nab: `python -m bench.nab`.

Scoring as published (Lavin and Ahmad 2015, "Evaluating Real-Time Anomaly Detection Algorithms"): each labelled window
rewards its earliest detection by a scaled sigmoid, a miss costs the profile's fnWeight, each detection outside
costs up to fpWeight (less just after a window); the first 15 % of a file (750 rows at most) are probation. One
threshold serves all files, the best for the profile. 100 = perfect, 0 = a detector that never speaks.

The scorer is checked with the published per-file scores of the windowed Gaussian (tests/unit/detect/test_nab.py).
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "nab"
PROFILES = {
    "standard": (1.0, 1.0, 0.11),
    "reward_low_FP_rate": (1.0, 1.0, 0.22),
    "reward_low_FN_rate": (1.0, 2.0, 0.11),
}
"""(tpWeight, fnWeight, fpWeight)"""


@dataclass(frozen=True)
class Series:
    """One file: its rows and the row ranges (first, last) of its windows."""

    name: str
    times: list[datetime]
    values: list[float]
    windows: list[tuple[int, int]]

    @property
    def probation(self) -> int:
        """Rows that are not scored."""
        return int(min(math.floor(0.15 * len(self.times)), 0.15 * 5000))


def load(root: Path = ROOT) -> list[Series]:
    """All files with their windows, by name."""
    labels = json.loads((root / "windows.json").read_text())
    found = []
    for name, windows in sorted(labels.items()):
        with (root / "data" / name).open(newline="") as file:
            rows = list(csv.DictReader(file))
        times = [datetime.fromisoformat(row["timestamp"]) for row in rows]
        place = {moment: i for i, moment in enumerate(times)}
        limits = [(place[datetime.fromisoformat(a)], place[datetime.fromisoformat(b)]) for a, b in windows]
        found.append(Series(name, times, [float(row["value"]) for row in rows], limits))
    return found


def _sigmoid(position: float) -> float:
    return -1.0 if position >= 3.0 else 2.0 / (1.0 + math.exp(5.0 * position)) - 1.0


def row_weights(series: Series) -> list[tuple[float, int]]:
    """Per row: (reward or cost before weights, index of its window or -1 outside)."""
    top = _sigmoid(-1.0)
    weights: list[tuple[float, int]] = []
    current, left = 0, -1
    for i in range(len(series.times)):
        while current < len(series.windows) and i > series.windows[current][1]:
            left, current = current, current + 1
        if current < len(series.windows) and i >= series.windows[current][0]:
            first, last = series.windows[current]
            weights.append((_sigmoid(-(last - i + 1) / (last - first + 1)) / top, current))
        elif left < 0:
            weights.append((-1.0, -1))
        else:
            first, last = series.windows[left]
            weights.append((_sigmoid((i - last) / (last - first)), -1))
    return weights


def score_file(series: Series, scores: Sequence[float], threshold: float, profile: str = "standard") -> float:
    """One file's raw score at a threshold (a row counts at or above it)."""
    tp, fn, fp = PROFILES[profile]
    best = [-fn] * len(series.windows)
    outside = 0.0
    for i, (weight, window) in enumerate(row_weights(series)):
        if i < series.probation or scores[i] < threshold:
            continue
        if window < 0:
            outside += fp * weight
        else:
            best[window] = max(best[window], tp * weight)
    return sum(best) + outside


def sweep(
    corpus: Sequence[Series], scores: Mapping[str, Sequence[float]], profile: str
) -> tuple[float, float]:
    """(normalised score, threshold) at the one threshold that is best for all files together."""
    tp, fn, fp = PROFILES[profile]
    rows: list[tuple[float, float, tuple[str, int] | None]] = []
    total = windows = 0.0
    best: dict[tuple[str, int], float] = {}
    for series in corpus:
        windows += len(series.windows)
        for i, (weight, window) in enumerate(row_weights(series)):
            if i >= series.probation:
                place = (series.name, window) if window >= 0 else None
                rows.append((scores[series.name][i], weight, place))
        for w in range(len(series.windows)):
            best[series.name, w] = -fn
    rows.sort(key=lambda row: -row[0])
    null = total = -fn * windows
    top, threshold = null, 1.1
    for at, (score, weight, place) in enumerate(rows):
        if place is None:
            total += fp * weight
        elif tp * weight > best[place]:
            total += tp * weight - best[place]
            best[place] = tp * weight
        if total > top and (at + 1 == len(rows) or rows[at + 1][0] != score):
            top, threshold = total, score
    return 100.0 * (top - null) / (tp * windows - null), threshold


def at_threshold(
    corpus: Iterable[Series],
    scores: Mapping[str, Sequence[float]],
    threshold: float,
    profile: str = "standard",
) -> float:
    """The normalised score at a given threshold."""
    tp, fn, _ = PROFILES[profile]
    raw = windows = 0.0
    for series in corpus:
        raw += score_file(series, scores[series.name], threshold, profile)
        windows += len(series.windows)
    return 100.0 * (raw + fn * windows) / ((tp + fn) * windows)


def windowed_gaussian(series: Series) -> list[float]:
    """The published baseline: 1 - the tail under the Gaussian of the last 6,400 values, moved on by hundreds."""
    scores, held, waiting = [], [], []
    mean, deviation = 0.0, 1.0

    def update() -> None:
        nonlocal mean, deviation
        mean = math.fsum(held) / len(held)
        deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in held) / len(held)) or 0.000001

    n, s, q = 0, 0.0, 0.0
    for value in series.values:
        z = abs(value - mean) / deviation
        scores.append(1.0 - 0.5 * math.erfc(z / math.sqrt(2.0)) if held else 0.0)
        if len(held) < 6400:
            held.append(value)
            # Welford: the growing window's moments without a pass over it
            n += 1
            step = value - s
            s += step / n
            q += step * (value - s)
            mean, deviation = s, math.sqrt(q / n) or 0.000001
        else:
            waiting.append(value)
            if len(waiting) == 100:
                held = held[100:] + waiting
                waiting = []
                update()
    return scores


def newsquake(series: Series) -> list[float]:
    """What `newsquake detect` gives."""
    from detect.detector import StreamDetector

    stream = StreamDetector()
    return [stream.step(moment, value) for moment, value in zip(series.times, series.values, strict=True)]


def main() -> None:
    """Print the three profiles, split halves, and the speed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--per-file", action="store_true")
    arguments = parser.parse_args()
    corpus = load(arguments.root)
    detectors: dict[str, Callable[[Series], list[float]]] = {
        "windowed Gaussian": windowed_gaussian,
        "newsquake": newsquake,
    }
    print(
        f"{len(corpus)} files, {sum(len(s.times) for s in corpus)} rows, {sum(len(s.windows) for s in corpus)} windows"
    )
    for name, detector in detectors.items():
        began = time.perf_counter()
        scores = {series.name: detector(series) for series in corpus}
        seconds = time.perf_counter() - began
        found = {profile: sweep(corpus, scores, profile) for profile in PROFILES}
        line = "  ".join(
            f"{profile} {value:.1f} (threshold {at:.4g})" for profile, (value, at) in found.items()
        )
        print(f"{name}: {line}; {sum(len(s.times) for s in corpus) / seconds:.0f} rows/s")
        halves = [corpus[0::2], corpus[1::2]]
        crossed = [
            at_threshold(other, scores, sweep(half, scores, "standard")[1])
            for half, other in zip(halves, halves[::-1], strict=True)
        ]
        print(
            f"  threshold from one half of the files, scored on the other: {crossed[0]:.1f}, {crossed[1]:.1f}"
        )
        if arguments.per_file:
            for series in corpus:
                raw = score_file(series, scores[series.name], found["standard"][1])
                print(f"  {series.name:60s} {raw:7.3f} of {len(series.windows)}")


if __name__ == "__main__":
    main()
