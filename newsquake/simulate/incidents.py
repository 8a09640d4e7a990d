"""The scripted incidents: which strike whom and when, and the list of them as ground truth."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from core.times import DAY, HOUR, MINUTE, iso
from newsquake.simulate.kinds import EventKind, compile_kind
from newsquake.simulate.spec import FIRST_INCIDENT, SimulationSpec
from newsquake.simulate.world import WORLD, Company, Publisher, load_yaml

_SCRIPTS = load_yaml("incidents.yaml")
_ORDER = (
    "bank_run", "rumour", "fraud_probe", "product_recall", "copy_storm", "oil_embargo", "debt_default",
    "cyber_attack", "rumour", "rate_shock", "plant_blast", "ceo_scandal", "crypto_crash",
)  # fmt: skip
"""The order in which they come; a longer simulation starts over."""
_PHASES = {
    name: tuple(
        compile_kind(name, {**phase, "topics": script["topics"], "tone": script.get("tone", "negative")})
        for phase in script["phases"]
    )
    for name, script in _SCRIPTS.items()
}
_SHARES = {1: (1.0,), 2: (0.4, 1.0), 3: (0.3, 0.7, 1.0)}
EVENTS_HEADER = ("id", "kind", "series", "onset", "end", "must_alert", "articles", "publishers")


@dataclass(frozen=True, slots=True)
class IncidentReport:
    """One article to be written about an incident: when, by whom, from which angle."""

    at: int
    publisher: Publisher
    kind: EventKind
    angle: int
    number: int
    """Reports of one incident with the same number tell the same story."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident. `series` is where an alert is expected, or where none may come."""

    id: str
    kind: str
    series: str
    onset: int
    end: int
    must_alert: bool
    company: Company | None
    reports: tuple[IncidentReport, ...] = field(repr=False, default=())

    def row(self) -> tuple[str, ...]:
        """The line of events.csv."""
        publishers = len({report.publisher.name for report in self.reports})
        return (
            self.id, self.kind, self.series, iso(self.onset), iso(self.end), str(self.must_alert).lower(),
            str(len(self.reports)), str(publishers),
        )  # fmt: skip


def plan(spec: SimulationSpec) -> list[Incident]:
    """The incidents of a simulation, by onset. The first comes after a fifth of the time."""
    if not spec.incidents:
        return []
    draw = random.Random(f"incidents:{spec.seed}")
    count = max(3, round(2.5 * spec.weeks))
    span = spec.end_ms - spec.start_ms
    free = [company for company in WORLD.companies if company.incident]
    out: list[Incident] = []
    for place in range(count):
        kind = _ORDER[place % len(_ORDER)]
        script = _SCRIPTS[kind]
        company = None
        if sectors := script.get("sectors"):
            fitting = [item for item in free if item.sector in sectors]
            if not fitting:
                free = [item for item in WORLD.companies if item.incident]
                fitting = [item for item in free if item.sector in sectors]
            company = draw.choice(fitting)
            free.remove(company)
        share = FIRST_INCIDENT + (0.93 - FIRST_INCIDENT) * place / count
        # The first comes where it should; the rest wander, and all keep to working hours.
        wander = 0 if place == 0 else draw.uniform(-0.01, 0.01)
        onset = _working_hour(spec.start_ms + round(span * (share + wander)), company, draw)
        onset = max(onset, out[-1].onset + HOUR) if out else onset
        duration = round(draw.uniform(5, 9) * HOUR)
        if script.get("one_publisher"):
            duration = round(draw.uniform(2, 4) * HOUR)
        series = f"entity:{company.entity}" if company else f"topic:{script['topic']}"
        reports = _reports(kind, onset, duration, company, spec, draw)
        out.append(
            Incident(
                id=f"{place + 1:03d}-{kind}",
                kind=kind,
                series=series,
                onset=reports[0].at,
                end=onset + duration,
                must_alert=script.get("must_alert", True),
                company=company,
                reports=tuple(reports),
            )
        )
    return [incident for incident in out if incident.onset < spec.end_ms]


def _working_hour(at: int, company: Company | None, draw: random.Random) -> int:
    """The weekday nearest to `at`, in the morning where the company is at home."""
    zone = 8 if company and company.home == "zh" else -5 if company else 0
    day = at - at % DAY
    weekday = (day // DAY + 3) % 7  # 1970-01-01 was a Thursday: day 0 is weekday 3
    day += {5: -1, 6: 1}.get(weekday, 0) * DAY
    return day + round((9 + draw.random() * 3 - zone) * HOUR)


def _reports(
    kind: str, onset: int, duration: int, company: Company | None, spec: SimulationSpec, draw: random.Random
) -> list[IncidentReport]:
    """Who writes what when: thick at the start, phase by phase, mostly in the language of the place."""
    script, phases = _SCRIPTS[kind], _PHASES[kind]
    hourly = spec.articles / max(1.0, (spec.end_ms - spec.start_ms) / HOUR)
    # Stands out of a heavy stream as much as of a thin one: some tenfold of what a company has at that hour.
    count = round(max(48, min(20_000, 10 * 0.03 * hourly * duration / HOUR)) * draw.uniform(0.9, 1.25))
    home = company.home if company else draw.choice(("en", "zh"))
    if script.get("one_publisher"):
        crowd = [item for item in WORLD.publishers if item.style in ("social", "forum", "blog")]
        lone = draw.choice([item for item in crowd if item.language == home] or crowd)
        count = draw.randint(12, 20)
        writers = [lone] * count
    else:
        if copies := script.get("copies"):
            count = max(count, copies)
        weights = [item.weight * (3.0 if item.language == home else 1.0) for item in WORLD.publishers]
        writers = draw.choices(WORLD.publishers, weights, k=count)
    shares = _SHARES[len(phases)]
    reports = []
    for writer in writers:
        passed = draw.random() ** 1.4
        phase = next(place for place, share in enumerate(shares) if passed <= share)
        angles = max(len(phases[phase].titles[0]), len(phases[phase].titles[1]))
        angle = draw.randrange(angles)
        if script.get("copies"):
            angle = 0
        number = phase * 100 + angle
        at = onset + round(passed * duration) + round(draw.random() * 5 * MINUTE)
        reports.append(IncidentReport(at, writer, phases[phase], angle, number))
    return sorted(reports, key=lambda report: report.at)


def write_events(path: Path, incidents: Iterable[Incident]) -> None:
    """events.csv: the ground truth."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(EVENTS_HEADER)
        out.writerows(incident.row() for incident in incidents)
