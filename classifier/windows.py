"""What of an article is read: title and lead always, and of a long one its most telling later windows."""

import re
from typing import Final

from classifier.records import Text
from classifier.text import normal

LEAD_TOKENS: Final = 112
LATER_TOKENS: Final = 64
_LEAD_CHARS: Final = 1_000
_LATER_CHARS: Final = 360
_SEARCHED_CHARS: Final = 20_000
_ONE_LATER_FROM: Final = 1_500
_TWO_LATER_FROM: Final = 4_000
_CUES: Final = re.compile(
    r"profit|loss|revenue|warn|cut|rais|fell|rose|drop|jump|surge|plung|crash|fraud|probe|investigat|fine|sue|"
    r"default|bankrupt|resign|acqui|merger|recall|dividend|beat|miss|downgrad|upgrad|outlook|because|however|"
    r"亏|盈利|净利|下滑|增长|暴跌|大涨|预警|违约|破产|调查|处罚|诉讼|辞职|收购|召回|分红|回购|评级|但是|因为|导致",
    re.IGNORECASE,
)
_STOP: Final = re.compile(r"(?<=[.!?。！？\n])\s*")


def windows(text: Text) -> list[str]:
    """Return one to three normal texts: the lead window first, later windows by their cue words.

    Never empty (an empty article gives [""]). Bodies beyond 20,000 characters are searched up to there.
    """
    title, body = normal(text.title), text.body
    clean = normal(body[:_LEAD_CHARS])
    lead = f"{title}\n{clean}" if title and clean else title or clean
    if len(body) < _ONE_LATER_FROM:
        return [lead]
    return [lead, *_telling(body[_LEAD_CHARS:_SEARCHED_CHARS], 2 if len(body) >= _TWO_LATER_FROM else 1)]


def _telling(body: str, count: int) -> list[str]:
    """The `count` stretches of whole sentences with most cue words a character; ties to the earlier."""
    stretches: list[str] = []
    current = ""
    for sentence in _STOP.split(body):
        if current and len(current) + len(sentence) > _LATER_CHARS:
            stretches.append(current)
            current = ""
        current = f"{current} {sentence[:_LATER_CHARS]}".strip()
    if current:
        stretches.append(current)
    ranked = sorted(range(len(stretches)), key=lambda i: (-len(_CUES.findall(stretches[i])), i))
    return [normal(stretches[i]) for i in sorted(ranked[:count])]
