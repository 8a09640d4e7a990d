"""Known incidents (events.csv): what alerts of a preview are compared with."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alerts.records import AlertLine
from alerts.windows.globs import check_glob
from alerts.windows.series import base_of, entity_of, topic_of
from core.errors import ConfigError
from core.records import TOPICS
from core.times import DAY, parse_iso
from core.yamlfile import suggestion


@dataclass(frozen=True)
class KnownIncident:
    """A known incident on a series, from `onset` to `end` (epoch ms)."""

    id: str
    series: str
    onset: int
    end: int
    must_alert: bool = True
    """False: one that must raise no alert (a rumour)."""
    kind: str = ""


def read_incidents(path: Path) -> list[KnownIncident]:
    """Return the incidents of a CSV file with the columns series, onset and perhaps id, end, must_alert, kind.

    Raises ConfigError naming file and line.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = {"series", "onset"} - set(reader.fieldnames or ())
            if missing:
                raise ConfigError(
                    f"{path}:1: no column {', '.join(sorted(missing))} (expected id, series, onset, end)"
                )
            return [_event(row, path, number) for number, row in enumerate(reader, start=2)]
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 (byte {error.start})") from error


def _event(row: dict[str, str | None], path: Path, line: int) -> KnownIncident:
    try:
        onset = parse_iso((row["onset"] or "").strip())
        end = parse_iso(row["end"].strip()) if row.get("end") else onset + DAY  # type: ignore[union-attr]
    except ValueError as error:
        raise ConfigError(f"{path}:{line}: {error}") from error
    if end < onset:
        raise ConfigError(f"{path}:{line}: the incident ends before it begins")
    wanted = (row.get("must_alert") or "true").strip().lower() not in ("false", "0", "no")
    name = row.get("id") or f"line {line}"
    return KnownIncident(
        name, _series(row["series"], f"{path}:{line}"), onset, end, wanted, row.get("kind") or ""
    )


def _series(text: str | None, where: str) -> str:
    """Return the series of an incident. Raises ConfigError for one that no alert can have."""
    series = (text or "").strip()
    topic = topic_of(series)
    if topic and topic not in TOPICS:
        close = suggestion(topic, list(TOPICS)) or f"; known: {', '.join(TOPICS)}"
        raise ConfigError(f"{where}: no topic is called {topic!r}{close}")
    try:
        if set("*?{}") & set(series):
            raise ValueError
        return check_glob(series)
    except ValueError:
        raise ConfigError(
            f"{where}: expected all, topic:…, entity:COUNTRY:TICKER or source:…, got {series[:80]!r}"
        ) from None


def related(one: str, other: str) -> bool:
    """Whether two series are of the same company, else of the same topic, source or all."""
    if entity_of(one) or entity_of(other):
        return entity_of(one) == entity_of(other)
    if topic_of(one) or topic_of(other):
        return topic_of(one) == topic_of(other)
    return base_of(one) == base_of(other)


def true_alarms(
    events: Sequence[KnownIncident], windows: Mapping[str, int], lines: Sequence[AlertLine]
) -> dict[str, list[tuple[str, int, int]]]:
    """Return the alerts of `lines` that a person who knows the incidents calls true: rule -> (series, from, to), ms.

    `windows`: rule id -> its window, ms. Only alerts that fired: an incident that no rule found has none.
    """
    ended = {line.id: parse_iso(line.decided_at) for line in lines if line.state == "resolved"}
    found: dict[str, dict[str, tuple[str, int, int]]] = {}
    for line in lines:
        at, onset = parse_iso(line.decided_at), parse_iso(line.onset)
        if line.state == "firing" and any(
            event.must_alert
            and event.onset <= at <= event.end + windows.get(line.rule, 0)
            and related(event.series, line.series)
            for event in events
        ):
            found.setdefault(line.rule, {})[line.id] = (line.series, onset, ended.get(line.id, onset))
    return {rule: list(alarms.values()) for rule, alarms in found.items()}
