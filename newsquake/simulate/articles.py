"""The text of an article: how each publisher's style words a story."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from newsquake.simulate.facts import FACTS
from newsquake.simulate.grammar import compile_template
from newsquake.simulate.story import SimulatedStory
from newsquake.simulate.world import WORLD, Publisher

_BACKGROUND = {
    about: tuple(
        tuple(compile_template(row, language_index, set(FACTS)) for row in WORLD.background[about][language])
        for language_index, language in enumerate(("en", "zh"))
    )
    for about in ("company", "world")
}


def _pick(draw: Callable[[], float], options: Sequence[Any]) -> Any:
    return options[int(draw() * len(options))]


def write(story: SimulatedStory, publisher: Publisher, angle: int | None = None) -> tuple[str, str]:
    """(title, body) in the publisher's style; `angle` chooses the headline's template, None: at random."""
    draw, language_index = story.draw, publisher.language_index
    titles = story.kind.titles[language_index]
    writer = titles[angle % len(titles)] if angle is not None else titles[int(draw() * len(titles))]
    title = writer(story).strip()
    if title[0].islower() and not title.startswith("iPhone"):
        title = title[0].upper() + title[1:]
    return _STYLES[publisher.style](story, publisher, title)


def _sentences(story: SimulatedStory, language_index: int, leads: int, background: float) -> list[str]:
    draw, own = story.draw, story.kind.leads[language_index]
    first = int(draw() * len(own))
    out = [own[(first + step) % len(own)](story) for step in range(min(leads, len(own)))]
    if draw() < background:
        out.append(_pick(draw, _BACKGROUND["company" if story.company else "world"][language_index])(story))
    return [text[0].upper() + text[1:] for text in out]


def _wire(story: SimulatedStory, publisher: Publisher, title: str) -> tuple[str, str]:
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


def _paper(story: SimulatedStory, publisher: Publisher, title: str) -> tuple[str, str]:
    draw, language_index = story.draw, publisher.language_index
    leads = 1 + (draw() < 0.4)
    texts = _sentences(story, language_index, leads, 0.6)
    return title, (" " if language_index == 0 else "").join(texts)


_OPENERS = (
    ("My take on this one. ", "A quick note. ", "Long-time readers know my view. ", "", "", ""),
    ("说说我的看法。", "简单点评一下。", "老读者都知道我的观点。", "", "", ""),
)
_CLOSERS = (
    (" I hold no position.", " Do your own research.", " More on this next week.", "", ""),
    ("本人不持有该股。", "以上不构成投资建议。", "后续再跟踪。", "", ""),
)


def _blog(story: SimulatedStory, publisher: Publisher, title: str) -> tuple[str, str]:
    draw, language_index = story.draw, publisher.language_index
    text = (" " if language_index == 0 else "").join(_sentences(story, language_index, 1, 0.7))
    return title, _pick(draw, _OPENERS[language_index]) + text + _pick(draw, _CLOSERS[language_index])


def _social(story: SimulatedStory, publisher: Publisher, title: str) -> tuple[str, str]:
    draw = story.draw
    if story.company and story.company.entity.startswith("US:"):
        tag = "$" + story.company.entity[3:]
        title = f"{tag} {title}" if draw() < 0.6 else f"{title} {tag}"
    if draw() < 0.3:
        title = (
            title.lower() if draw() < 0.5 else title + _pick(draw, (" #stocks", " #markets", "...", " 👀"))
        )
    return title, ""


def _flash(story: SimulatedStory, publisher: Publisher, title: str) -> tuple[str, str]:
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


def _forum(story: SimulatedStory, publisher: Publisher, title: str) -> tuple[str, str]:
    return title + _pick(story.draw, _FORUM_TAILS), ""


_STYLES: dict[str, Callable[[SimulatedStory, Publisher, str], tuple[str, str]]] = {
    "wire": _wire,
    "paper": _paper,
    "blog": _blog,
    "social": _social,
    "flash": _flash,
    "forum": _forum,
}
