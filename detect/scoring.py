"""A CSV series scored row by row: the reader and the detector put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from detect.detector import StreamDetector
from detect.reader import rows


def score(lines: Iterable[str], name: str = "input") -> Iterator[tuple[str, str, float]]:
    """Yield (timestamp as written, value as written, anomaly score 0..1) of each row of a CSV as it comes.

    Raises ConfigError, with `name` and the line, for what `rows` (detect/reader.py) does not take.
    """
    detector = StreamDetector()
    for moment, value, seconds, number in rows(lines, name):
        yield moment, value, detector.step(seconds, number)
