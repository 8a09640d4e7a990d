"""A story and its writings: what happened, and how each publisher tells it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.ids import article_id, revision
from core.records import UNIT_SCALE, Article, Mention, ScoredArticle
from newsquake.simulate.facts import FACTS
from newsquake.simulate.grammar import Writer, compile_template, lines
from newsquake.simulate.world import WORLD, Company, Pair, Publisher, load_yaml

Tone = Literal["negative", "neutral", "positive"]
MODEL_VERSION = "simulated/1"
SIGNATURE_BITS = 128
_KNOWN = set(FACTS)


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """What happens: its topics and tone, and per language the writers of headlines and sentences."""

    name: str
    topics: tuple[str, ...]
    tone: Tone
    about_company: bool
    weight: float
    sectors: frozenset[str]
    titles: tuple[tuple[Writer, ...], tuple[Writer, ...]]
    leads: tuple[tuple[Writer, ...], tuple[Writer, ...]]


def compile_kind(name: str, item: dict[str, Any], languages: Sequence[str] = ("en", "zh")) -> Kind:
    """A kind from its YAML. Raises ValueError for a template that names an unknown fact."""
    parts = [lines(item[language]) for language in languages]
    titles, leads = (
        tuple(
            tuple(compile_template(row, tongue, _KNOWN) for row in part[which])
            for tongue, part in enumerate(parts)
        )
        for which in (0, 1)
    )
    return Kind(
        name=name,
        topics=tuple(item["topics"]),
        tone=item.get("tone", "negative"),
        about_company=item.get("about", "company") == "company",
        weight=item.get("weight", 1.0),
        sectors=frozenset(item.get("sectors", ())),
        titles=(titles[0], titles[1]),
        leads=(leads[0], leads[1]),
    )


KINDS = tuple(compile_kind(name, item) for name, item in load_yaml("news.yaml").items())
_BACKGROUND = {
    about: tuple(
        tuple(compile_template(row, tongue, _KNOWN) for row in WORLD.background[about][language])
        for tongue, language in enumerate(("en", "zh"))
    )
    for about in ("company", "world")
}


class Story:
    """One thing that happened. Its facts are drawn when first needed and stay."""

    __slots__ = ("bits", "company", "draw", "facts", "kind", "month", "number")

    def __init__(
        self,
        draw: Callable[[], float],
        number: int,
        kind: Kind,
        company: Company | None,
        month: int,
        facts: dict[str, Pair] | None = None,
    ) -> None:
        self.draw: Callable[[], float] = draw
        """Uniform in [0, 1)."""
        self.number = number
        self.kind = kind
        self.company = company
        self.month = month
        self.facts: dict[str, Pair] = facts if facts is not None else {}
        self.bits = -1

    def fact(self, name: str) -> Pair:
        """The fact in both languages."""
        value = self.facts.get(name)
        if value is None:
            value = self.facts[name] = FACTS[name](self)
        return value


@dataclass(slots=True)  # not frozen: that would cost a tenth of the speed
class Simulated:
    """One row of the simulated dump, with what is true of it (which never stands in its text)."""

    id: str
    source: str
    publisher: str
    url: str
    title: str
    body: str
    language: str
    published_at: int
    available_at: int
    story: int
    kind: str
    tone: Tone
    topics: tuple[str, ...]
    entity: str
    name: str
    style: str
    signature: int = 0
    incident: str = ""

    def article(self, row: int = 0) -> Article:
        """The record that ingest would make of it."""
        return Article(
            id=article_id(self.source, url=self.url),
            revision=revision(self.title, self.body),
            origin=f"sim:{self.id}:{row}",
            source=self.source,
            publisher=self.publisher,
            url=self.url,
            title=self.title,
            body=self.body,
            language=self.language,
            published_at=self.published_at,
            first_seen_at=self.available_at,
            available_at=self.available_at,
        )

    def scored(self, draw: Callable[[], float], label_noise: float = 0.0, row: int = 0) -> ScoredArticle:
        """What a good classifier would say of it; `label_noise` is its share of wrong sentiments."""
        tone = self.tone
        if draw() < label_noise:
            tone = ("negative", "neutral", "positive")[int(draw() * 3)]
        sure = 6_500 + int(draw() * 3_300)
        rest = int((UNIT_SCALE - sure) * draw())
        other = UNIT_SCALE - sure - rest
        if tone == "negative":
            negative, neutral, positive = sure, max(rest, other), min(rest, other)
        elif tone == "positive":
            negative, neutral, positive = min(rest, other), max(rest, other), sure
        else:
            negative, neutral, positive = rest, sure, other
        mentions: tuple[Mention, ...] = ()
        if self.entity:
            mentions = (Mention(self.entity, self.name, 9_000, negative, neutral, positive),)
        return ScoredArticle(
            article=self.article(row),
            p_negative=negative,
            p_neutral=neutral,
            p_positive=positive,
            topics={topic: 9_500 - 900 * place for place, topic in enumerate(self.topics)},
            mentions=mentions,
            signature=f"{self.signature:0{SIGNATURE_BITS // 4}x}",
            language=self.language,
            register=_REGISTERS.get(self.style, "news"),
            model_version=MODEL_VERSION,
        )


_REGISTERS = {"social": "social", "forum": "forum"}


def _pick(draw: Callable[[], float], options: Sequence[Any]) -> Any:
    return options[int(draw() * len(options))]


def write(story: Story, publisher: Publisher, angle: int | None = None) -> tuple[str, str]:
    """(title, body) as this publisher tells it; `angle` picks the headline's template."""
    draw, tongue = story.draw, publisher.tongue
    titles = story.kind.titles[tongue]
    writer = titles[angle % len(titles)] if angle is not None else titles[int(draw() * len(titles))]
    title = writer(story).strip()
    if title[0].islower() and not title.startswith("iPhone"):
        title = title[0].upper() + title[1:]
    return _STYLES[publisher.style](story, publisher, title)


def _sentences(story: Story, tongue: int, leads: int, background: float) -> list[str]:
    draw, own = story.draw, story.kind.leads[tongue]
    first = int(draw() * len(own))
    out = [own[(first + step) % len(own)](story) for step in range(min(leads, len(own)))]
    if draw() < background:
        out.append(_pick(draw, _BACKGROUND["company" if story.company else "world"][tongue])(story))
    return [text[0].upper() + text[1:] for text in out]


def _wire(story: Story, publisher: Publisher, title: str) -> tuple[str, str]:
    draw = story.draw
    shape = draw()
    if shape < 0.10:
        return title.upper(), ""
    if shape < 0.18:
        title = _pick(draw, ("UPDATE 1-", "BRIEF-", "UPDATE 2-", "WRAPUP 1-")) + title
    body = " ".join(_sentences(story, 0, 1 + (draw() < 0.3), 0.35))
    if draw() < 0.4:
        dateline = story.fact("city")[0].upper()
        body = f"{dateline} ({publisher.title}) - {body}"
    return title, body


def _paper(story: Story, publisher: Publisher, title: str) -> tuple[str, str]:
    draw, tongue = story.draw, publisher.tongue
    leads = 1 + (draw() < 0.4)
    texts = _sentences(story, tongue, leads, 0.6)
    return title, (" " if tongue == 0 else "").join(texts)


_OPENERS = (
    ("My take on this one. ", "A quick note. ", "Long-time readers know my view. ", "", "", ""),
    ("说说我的看法。", "简单点评一下。", "老读者都知道我的观点。", "", "", ""),
)
_CLOSERS = (
    (" I hold no position.", " Do your own research.", " More on this next week.", "", ""),
    ("本人不持有该股。", "以上不构成投资建议。", "后续再跟踪。", "", ""),
)


def _blog(story: Story, publisher: Publisher, title: str) -> tuple[str, str]:
    draw, tongue = story.draw, publisher.tongue
    text = (" " if tongue == 0 else "").join(_sentences(story, tongue, 1, 0.7))
    return title, _pick(draw, _OPENERS[tongue]) + text + _pick(draw, _CLOSERS[tongue])


def _social(story: Story, publisher: Publisher, title: str) -> tuple[str, str]:
    draw = story.draw
    if story.company and story.company.entity.startswith("US:"):
        tag = "$" + story.company.entity[3:]
        title = f"{tag} {title}" if draw() < 0.6 else f"{title} {tag}"
    if draw() < 0.3:
        title = (
            title.lower() if draw() < 0.5 else title + _pick(draw, (" #stocks", " #markets", "...", " 👀"))
        )
    return title, ""


def _flash(story: Story, publisher: Publisher, title: str) -> tuple[str, str]:
    draw = story.draw
    shape = draw()
    if shape < 0.3:
        return title, ""
    body = "".join(_sentences(story, 1, 1, 0.25))
    if shape < 0.5:
        return "", f"【{title}】{body}"
    if shape < 0.7:
        body = f"{publisher.title}{story.month}月讯，{body}"
    return title, body


_FORUM_TAILS = ("，大家怎么看？", "，散户怎么办？", "，坐等开盘", "", "", "[doge]", "，有懂的吗")


def _forum(story: Story, publisher: Publisher, title: str) -> tuple[str, str]:
    return title + _pick(story.draw, _FORUM_TAILS), ""


_STYLES: dict[str, Callable[[Story, Publisher, str], tuple[str, str]]] = {
    "wire": _wire,
    "paper": _paper,
    "blog": _blog,
    "social": _social,
    "flash": _flash,
    "forum": _forum,
}
