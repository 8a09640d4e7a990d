"""Which chunks of an article are read: title and lead, and the most informative later ones of a long text.

A text is long where it does not fit into the lead chunk of 112 word pieces, about 480 English or 170 Chinese
characters.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from classifier.reading.normal import normal
from classifier.reading.surfaces import place
from classifier.records import Text

LEAD_TOKENS: Final = 112
LATER_TOKENS: Final = 64
_LEAD_CHARS: Final = 1_000
SEARCHED_CHARS: Final = 20_000
_HAN_WIDTH: Final = 2.6
"""Width of a Han character in Latin ones: a piece holds 1.65 Han characters or 4.25 English letters."""
_LATER_WIDTH: Final = 240
_HEADLINE_WIDTH: Final = 450
_TITLE_WIDTH: Final = 220
_SENTENCE_WIDTH: Final = 20
_BACK: Final = 60
"""A sentence that the lead cut off is repeated from its start, if that lies at most this many characters back."""
_NAMED: Final = 3
"""A company that no chunk contains yet counts as so many cue words."""
_TWO_FROM: Final = 1.5 * _LATER_WIDTH
_CUES: Final = re.compile(
    r"profit|loss|revenue|warn|cut|rais|fell|rose|drop|jump|surge|plung|crash|fraud|probe|investigat|fine|sue|"
    r"default|bankrupt|resign|acqui|merger|recall|dividend|beat|miss|downgrad|upgrad|outlook|because|however|"
    r"亏|盈利|净利|下滑|增长|暴跌|大涨|预警|违约|破产|调查|处罚|诉讼|辞职|收购|召回|分红|回购|评级|但是|因为|导致",
    re.IGNORECASE,
)
_STOP: Final = re.compile(r"(?<=[.!?])(?<![ .][A-Z]\.)\s+|(?<=[。！？\n])\s*")
"""A sentence's end: a stop before a blank (not within "3.5%", not behind "U.S."), a Chinese one, or a line's end."""
_HAN: Final = re.compile(r"[\u3400-\u9fff]")


def width(text: str) -> float:
    """The width of a text in Latin letters.

    >>> width("Apple"), width("苹果")
    (5, 5.2)
    """
    if text.isascii():
        return len(text)
    return len(text) + (_HAN_WIDTH - 1) * len(_HAN.findall(text))


def article(text: Text) -> tuple[str, str]:
    """(title, body): a title longer than any headline, without a body, is split after its first sentence.

    >>> article(Text("Oil slips.")), article(Text("Oil slips as OPEC meets. " * 50))[0]
    (('Oil slips.', ''), 'Oil slips as OPEC meets.')
    """
    title = text.title
    if text.body.strip() or len(title) * _HAN_WIDTH <= _HEADLINE_WIDTH or width(title) <= _HEADLINE_WIDTH:
        return title, text.body
    ends = (stop.start() for stop in _STOP.finditer(title[:_LEAD_CHARS]))
    end = next((at for at in ends if width(title[:at]) >= _SENTENCE_WIDTH), len(title))
    if width(title[:end]) > _TITLE_WIDTH:
        end = _fitting(title, _TITLE_WIDTH)
    return title[:end], title[end:]


def lead(text: Text) -> str:
    """The normalized text of the lead chunk: title and beginning of the body."""
    if len(text.title) > _LEAD_CHARS:
        return normal(text.title[:_LEAD_CHARS])
    title, body = normal(text.title), normal(text.body[:_LEAD_CHARS])
    return f"{title}\n{body}" if title and body else title or body


def later(text: Text, read: int, of: int, names: Sequence[str] = ()) -> list[str]:
    """Up to two further chunks of the text after the lead, in order: those with most cue words.

    `read`: characters of the lead that the encoder read, of its `of` characters. `names`: companies that the lead does
    not contain; each counts as some cue words. Only the first 20,000 characters are searched.
    """
    title, body = text.title, text.body
    if read >= of and len(title) <= _LEAD_CHARS and len(body) <= _LEAD_CHARS:
        return []
    whole = f"{title}\n{body}"[:SEARCHED_CHARS]
    beginning = _LEAD_CHARS if len(title) > _LEAD_CHARS else len(title) + 1 + min(len(body), _LEAD_CHARS)
    start = round(read * beginning / of) if of else 0
    stretches = list(_stretches(whole, start))
    count = 1 if width(whole[start:][: 2 * _LATER_WIDTH]) <= _TWO_FROM else 2
    chosen: list[int] = []
    wanted = list(names)
    for _ in range(min(count, len(stretches))):
        left = (i for i in range(len(stretches)) if i not in chosen)
        best = max(left, key=lambda i: (_cue_count(stretches[i], wanted), -i))
        chosen.append(best)
        wanted = [name for name in wanted if place(stretches[best], name) < 0]
    return [stretches[i] for i in sorted(chosen)]


def _cue_count(stretch: str, names: Sequence[str]) -> int:
    shown = any(place(stretch, name) >= 0 for name in names)
    return len(_CUES.findall(stretch)) + _NAMED * shown


def _stretches(text: str, start: int) -> Iterator[str]:
    """Normalized texts of whole sentences, each up to a chunk long, from the sentence that contains `start`."""
    current, room = "", 0.0
    for sentence in _sentences(text, start):
        needs = width(sentence)
        if current and needs > room:
            yield current
            current = ""
        if not current:
            room = _LATER_WIDTH
        current += f" {sentence}" if current and current[-1].isascii() else sentence
        room -= needs + 1
    if current:
        yield current


def _sentences(text: str, start: int) -> Iterator[str]:
    """Normalized sentences from the one that contains `start`; one longer than a chunk is split."""
    edges = [0, *(stop.end() for stop in _STOP.finditer(text)), len(text)]
    for begin, end in pairwise(edges):
        if end <= start:
            continue
        begin = max(begin, _word_start(text, start - _BACK))
        sentence = normal(text[begin:end])
        while sentence:
            cut = _fitting(sentence, _LATER_WIDTH)
            yield sentence[:cut].strip()
            sentence = sentence[cut:].strip()


def _word_start(text: str, at: int) -> int:
    """The first place from `at` on where a word begins (of Chinese, any)."""
    while 0 < at < len(text) and text[at - 1].isascii() and not text[at - 1].isspace():
        at += 1
    return at


def _fitting(text: str, room: float) -> int:
    """How many characters of `text` fit into `room`, words left whole."""
    if width(text) <= room:
        return len(text)
    at = int(room / _HAN_WIDTH)
    while at < len(text) and width(text[: at + 8]) <= room:
        at += 8
    blank = text.rfind(" ", at - 24, at)
    return blank if blank > 0 and text[at - 1].isascii() else at
