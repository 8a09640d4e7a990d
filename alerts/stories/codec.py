"""Stories as rows of the store: their representatives and publishers as msgpack in `state`."""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from alerts.stories.facts import Facts, interned
from alerts.stories.story import Fingerprint, Story

_pack = msgspec.msgpack.Encoder().encode


def row_of(story: Story) -> dict[str, Any]:
    """Return the story's row of the table `stories`, without the desk's name."""
    representatives = [_encoded(one) for one in story.representatives]
    return {
        "story": story.id,
        "first_at": story.first_at,
        "last_at": story.last_at,
        "articles": story.articles,
        "publishers": len(story.publishers),
        "title": story.title,
        "state": _pack([representatives, story.publishers]),
    }


def _encoded(one: Fingerprint) -> list[Any]:
    facts = one.facts
    return [
        one.at,
        one.article,
        one.revision,
        f"{one.signature:x}",
        one.language,
        facts.words,
        sorted(facts.numbers),
        sorted(facts.more_numbers),
        sorted(facts.named),
        sorted(facts.entities),
        facts.brief,
    ]


def _decoded_facts(kept: list[Any]) -> Facts:
    """Facts of before `brief` was stored have five fields."""
    words = tuple(map(sys.intern, kept[0]))
    numbers, more_numbers, named, entities = map(interned, kept[1:5])
    return Facts(words, numbers, more_numbers, named, entities, bool(kept[5:] and kept[5]))


def story_of(row: Any) -> Story:
    """Return the story in a row of the table `stories`; raises msgspec.DecodeError for a broken `state`."""
    encoded, publishers = msgspec.msgpack.decode(row.state)
    representatives = [
        Fingerprint(at, article, revision, int(signature, 16), language, _decoded_facts(facts))
        for at, article, revision, signature, language, *facts in encoded
    ]
    return Story(row.story, row.first_at, row.last_at, row.title, representatives, row.articles, publishers)
