"""The stream: hour by hour, base stories drawn after each publisher's rhythm, with what follows from them.

A story's copies, rewrites and translations, and articles that become available late, wait on a heap until their
time; so memory holds a few hours of articles, however many there are. Rows come in order of available_at, but for
the few that a dump has out of order.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Iterator
from itertools import accumulate

from core.times import DAY, HOUR, MINUTE, SECOND, from_ms
from newsquake.simulate.articles import write
from newsquake.simulate.incidents import Incident, plan
from newsquake.simulate.kinds import KINDS, EventKind
from newsquake.simulate.row import SIGNATURE_BITS, SimulatedRow
from newsquake.simulate.spec import SimulationSpec
from newsquake.simulate.story import SimulatedStory
from newsquake.simulate.world import WORLD, Company, Publisher

_COPIED = 0.20
"""Share of stories that others take over; then 1 + geometric(0.45) of them, at most 6."""
_TRANSLATED = 0.07
_MEAN_COPIES = sum((0.45**extra) * 0.55 * (1 + extra) for extra in range(5)) + 0.45**5 * 6


def generate(spec: SimulationSpec) -> Iterator[SimulatedRow]:
    """The rows of the dump, in the order in which they stand in it. The same spec gives the same rows."""
    yield from _disordered(_Stream(spec).rows(), spec)


def _disordered(rows: Iterator[SimulatedRow], spec: SimulationSpec) -> Iterator[SimulatedRow]:
    """Hold a few rows back by up to 500 rows, and repeat a few as they are."""
    draw = random.Random(f"disorder:{spec.seed}").random
    held: list[tuple[int, int, SimulatedRow]] = []
    disorder, resent = spec.disorder, spec.resent
    for number, row in enumerate(rows):
        while held and held[0][0] <= number:
            yield heapq.heappop(held)[2]
        if draw() < disorder:
            heapq.heappush(held, (number + 1 + int(draw() * 500), number, row))
            continue
        yield row
        if draw() < resent:
            heapq.heappush(held, (number + 1 + int(draw() * 500), -number - 1, row))
    while held:
        yield heapq.heappop(held)[2]


class _Stream:
    def __init__(self, spec: SimulationSpec) -> None:
        self.spec = spec
        self.random = random.Random(f"stream:{spec.seed}")
        self.draw: Callable[[], float] = self.random.random
        self.incidents = plan(spec)
        self.heap: list[tuple[int, int, SimulatedRow]] = []
        self.written = 0
        self.stories = 0
        self.kinds_weights = list(accumulate(kind.weight for kind in KINDS))
        self.companies = {language: _popularity(language) for language in ("en", "zh")}
        self.by_sector: dict[tuple[str, str], tuple[list[Company], list[float]]] = {}
        self.by_language = {
            language: (
                [item for item in WORLD.publishers if item.language == language],
                list(accumulate(item.weight for item in WORLD.publishers if item.language == language)),
            )
            for language in ("en", "zh")
        }

    def rows(self) -> Iterator[SimulatedRow]:
        """All rows in order of available_at."""
        spec, heap = self.spec, self.heap
        hours = _rhythm(spec)
        wanted = spec.articles - sum(len(incident.reports) for incident in self.incidents)
        a_story = 1 + _COPIED * _MEAN_COPIES + _TRANSLATED
        scale = max(wanted, spec.articles * 0.5) / a_story / sum(rates[-1] for _, rates in hours)
        reports = _Reports(self)
        for start, rates in hours:
            self._hour(start, rates, _poisson(self.random, rates[-1] * scale))
            reports.write(start + HOUR)
            while heap and heap[0][0] < start + HOUR:
                yield heapq.heappop(heap)[2]
        while heap:
            yield heapq.heappop(heap)[2]

    def _hour(self, start: int, rates: list[float], count: int) -> None:
        if not count:
            return
        draw, month = self.draw, from_ms(start).month
        publishers = self.random.choices(WORLD.publishers, cum_weights=rates, k=count)
        kinds = self.random.choices(KINDS, cum_weights=self.kinds_weights, k=count)
        for publisher, kind in zip(publishers, kinds, strict=True):
            company = self._company(kind, publisher.language) if kind.about_company else None
            self.stories += 1
            story = SimulatedStory(draw, self.stories, kind, company, month)
            at = start + int(draw() * HOUR)
            first = self.put(story, publisher, at)
            if draw() < _COPIED:
                self._copies(story, first, publisher, at)
            if draw() < _TRANSLATED:
                other = self._other("zh" if publisher.language == "en" else "en")
                self.put(story, other, at + int((10 + 200 * draw()) * MINUTE), flips=12)

    def _company(self, kind: EventKind, language: str) -> Company:
        if not kind.sectors:
            companies, weights = self.companies[language]
            return self.random.choices(companies, cum_weights=weights)[0]
        key = (kind.name, language)
        if key not in self.by_sector:
            fitting = [item for item in WORLD.companies if item.sector in kind.sectors]
            self.by_sector[key] = (fitting, list(range(1, len(fitting) + 1)))
        companies, weights = self.by_sector[key]
        return self.random.choices(companies, cum_weights=weights)[0]

    def _other(self, language: str) -> Publisher:
        publishers, weights = self.by_language[language]
        return self.random.choices(publishers, cum_weights=weights)[0]

    def _copies(self, story: SimulatedStory, first: SimulatedRow, publisher: Publisher, at: int) -> None:
        draw = self.draw
        copies = 1
        while copies < 6 and draw() < 0.45:
            copies += 1
        for _ in range(copies):
            other = self._other(publisher.language)
            later = at + int((2 + 170 * draw() ** 2) * MINUTE)
            if draw() < 0.5:
                self.put(story, other, later, flips=5)
            else:
                self.put(story, other, later, text=(first.title, first.body))

    def put(
        self,
        story: SimulatedStory,
        publisher: Publisher,
        at: int,
        *,
        text: tuple[str, str] | None = None,
        angle: int | None = None,
        flips: int = 0,
        incident: str = "",
    ) -> SimulatedRow:
        """Write an article, published at `at`, and put it on the heap. `flips`: how far its signature is off."""
        draw, kind = self.draw, story.kind
        title, body = text or write(story, publisher, angle)
        self.written = number = self.written + 1
        available = at + 2 * SECOND + int(draw() * 90 * SECOND)
        if draw() < self.spec.late and not incident:
            available += int((1 + 35 * draw() ** 2) * HOUR)
        if story.bits < 0:
            story.bits = self.random.getrandbits(SIGNATURE_BITS)
        signature = story.bits
        for _ in range(flips):
            signature ^= 1 << int(draw() * SIGNATURE_BITS)
        company = story.company
        row = SimulatedRow(
            id=f"n{number:07d}",
            source=publisher.source,
            publisher=publisher.name,
            url=f"https://{publisher.name}/{at // DAY:x}/{(number * 2654435761) & 0xFFFFFFFF:08x}",
            title=title,
            body=body,
            language=publisher.language,
            published_at=at - at % SECOND,
            available_at=available,
            story=story.number,
            kind=kind.name,
            tone=kind.tone,
            topics=kind.topics,
            entity=company.entity if company else "",
            name=company.en[0] if company else "",
            style=publisher.style,
            signature=signature,
            incident=incident,
        )
        heapq.heappush(self.heap, (available, number, row))
        return row


class _Reports:
    """Writes the incidents' reports as their time comes."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream
        self._due = sorted(
            ((report.at, place, index) for place, incident in enumerate(stream.incidents)
             for index, report in enumerate(incident.reports)),
            reverse=True,
        )  # fmt: skip
        self._stories: dict[tuple[int, int], SimulatedStory] = {}
        self._texts: dict[tuple[int, int, str], tuple[str, str]] = {}

    def write(self, before: int) -> None:
        """Put every report that is due before that time on the heap."""
        stream = self._stream
        while self._due and self._due[-1][0] < before:
            at, place, index = self._due.pop()
            incident: Incident = stream.incidents[place]
            report = incident.reports[index]
            key = (place, report.number)
            if key not in self._stories:
                stream.stories += 1
                self._stories[key] = SimulatedStory(
                    stream.draw, stream.stories, report.kind, incident.company, from_ms(at).month
                )
            story = self._stories[key]
            text = None
            language = (place, report.number, report.publisher.language)
            if stream.draw() < 0.35 or incident.kind == "copy_storm":
                text = self._texts.get(language)
            row = stream.put(
                story, report.publisher, at, text=text, angle=report.angle, flips=0 if text else 5,
                incident=incident.id,
            )  # fmt: skip
            self._texts.setdefault(language, (row.title, row.body))


def _popularity(language: str) -> tuple[list[Company], list[float]]:
    """Companies and cumulative weights: a few are much written about, and most at home."""
    companies = list(WORLD.companies)
    rank = {
        company.entity: place
        for place, company in enumerate(random.Random(3).sample(companies, len(companies)))
    }
    weights = [
        (4.0 if company.home == language else 0.8) / (4 + rank[company.entity]) ** 0.6
        for company in companies
    ]
    return companies, list(accumulate(weights))


def _rhythm(spec: SimulationSpec) -> list[tuple[int, list[float]]]:
    """(start of the hour, cumulative rates of the publishers) for every hour of the simulation."""
    week: list[list[float]] = []
    for hour in range(168):  # hour of the week, Monday 00 UTC first
        rates = []
        for publisher in WORLD.publishers:
            local = (hour + publisher.zone) % 168
            weekend = WORLD.weekend[publisher.day] if local // 24 >= 5 else 1.0
            rates.append(publisher.weight * WORLD.days[publisher.day][local % 24] * weekend)
        week.append(list(accumulate(rates)))
    first = spec.start_ms - spec.start_ms % HOUR
    return [(start, week[(start // HOUR + 72) % 168]) for start in range(first, spec.end_ms, HOUR)]


def _poisson(source: random.Random, mean: float) -> int:
    if mean > 50:
        return max(0, round(source.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), source.random(), 0
    while product > limit:
        product *= source.random()
        count += 1
    return count
