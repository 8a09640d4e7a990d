"""The story index finds what may be near, whoever is looked up with whom and whenever it is pruned."""

from __future__ import annotations

import random

import pytest

from alerts.stories.book import StoryBook
from alerts.stories.entry import entry_of
from alerts.stories.index import StoryIndex
from alerts.stories.keys import bands, fact_slots, word_slots
from alerts.stories.lookup import FAR_ALIKE, FAR_BITS
from alerts.stories.rows import LATEST
from alerts.stories.story import HORIZON_MS, LONGEST_MS, Story, fingerprint_of
from alerts.testing import START, scored
from core.times import DAY, HOUR, MINUTE
from tests.support.signatures import SIGNATURE, near, place


def test_what_is_found_does_not_depend_on_when_the_index_was_pruned():
    rng = random.Random(3)
    plain, pruned = StoryBook(), StoryBook()
    for number in range(600):
        entry = entry_of(
            scored(
                number,
                START + number * 20 * MINUTE,
                title=rng.choice(["Fed cuts rates", "Strike in Lyon", "里昂罢工", "Oil falls"]),
                signature=near(SIGNATURE, rng.randrange(0, 40), rng.randrange(10**6)),
                language=rng.choice(["en", "zh"]),
            )
        )
        if rng.random() < 0.1:
            pruned._placed = 10**9
        assert plain.place(entry) == pruned.place(entry)


def test_index_finds_what_a_scan_of_all_keys_finds():
    """Chains lose what is closed on the way; what is open is found all the same."""
    rng = random.Random(6)
    index, held, at = StoryIndex(), [], START
    found = 0
    for number in range(1_500):
        at += rng.choice([2 * HOUR, 5 * HOUR])
        bits = near(SIGNATURE, rng.randrange(0, 60), rng.randrange(40))
        entry = entry_of(scored(number, at, title="".join(rng.choices("abcdefgh", k=6)), signature=bits))
        fingerprint = fingerprint_of(entry)
        alive = [
            (story, one)
            for story, one in held
            if story.last_at >= at - HORIZON_MS and story.first_at >= at - LONGEST_MS
        ]
        near_ones = [
            one.article
            for _, one in alive
            if set(enumerate(bands(fingerprint.signature))) & set(enumerate(bands(one.signature)))
            and (fingerprint.signature ^ one.signature).bit_count() <= FAR_ALIKE
        ]
        got = [one.article for _, _, one in index.candidates(fingerprint, at - HORIZON_MS, at - LONGEST_MS)]
        assert len(got) == len(set(got))
        if len(alive) <= LATEST:  # a key is followed no further than that
            assert set(near_ones) <= set(got)
            found += len(near_ones)
        story = Story(str(number), at, at, "", [fingerprint])
        if alive and rng.random() < 0.4:
            story = rng.choice(alive)[0]  # its older fingerprints outlive newer ones of others
            story.last_at = at
        index.add(story, fingerprint)
        held.append((story, fingerprint))
        if number % 400 == 399:
            index.prune(lambda story, at=at: story.open_at(at))
            assert len(index) < 400
    assert found > 500


@pytest.mark.parametrize("seed", [0, 1])
def test_index_gives_the_latest_open_fingerprints_of_each_key_and_no_others(seed):
    """Against lists of every key's fingerprints, with few keys, so that rows run over while stories close."""
    rng = random.Random(seed)
    index, at = StoryIndex(), START
    by_key, stories = {}, []
    cut = beyond = 0
    for number in range(900):
        at += rng.choice([0, MINUTE, HOUR // 2, HOUR])
        title = " ".join(rng.choices(["ash", "birch", "cedar", "elm", "fir"], k=rng.randrange(1, 4)))
        bits = near(SIGNATURE, rng.randrange(0, 30), rng.randrange(40)) if rng.random() < 0.9 else ""
        language = rng.choice(["en", "en", "zh"]) if seed % 2 else "en"
        names = [f"US:{rng.choice('ABC')}"] if rng.random() < 0.5 else []
        fingerprint = fingerprint_of(
            entry_of(
                scored(number, at, title=title, signature=bits, language=language, entities=names),
            )
        )
        since, oldest = at - HORIZON_MS, at - LONGEST_MS
        own = [*enumerate(bands(fingerprint.signature))] if fingerprint.signature else []
        own += word_slots(fingerprint.facts, fingerprint.language)
        facts = {one: fact_slots(fingerprint.facts, one) for one in ("en", "zh")}
        expected = set()
        for key in own + facts["en"] + (facts["zh"] if seed % 2 else []):
            alive = [
                (story, one)
                for story, one in reversed(by_key.get(key, []))
                if story.last_at >= since and story.first_at >= oldest
            ]
            cut += len(alive) > LATEST
            beyond += len(by_key.get(key, [])) > LATEST >= len(alive) > 0
            expected |= {one.article for _, one in alive[:LATEST]}
        by_name = {one.article: one for _, one in (pair for held in by_key.values() for pair in held)}
        expected = {
            name
            for name in expected
            for bits in [(by_name[name].signature ^ fingerprint.signature).bit_count()]
            if bits <= (FAR_ALIKE if by_name[name].language == fingerprint.language else FAR_BITS)
        }
        assert {one.article for _, _, one in index.candidates(fingerprint, since, oldest)} == expected, number
        story = Story(str(number), at, at, "", [fingerprint])
        still = [one for one in stories[-60:] if one.last_at >= since and one.first_at >= oldest]
        if still and rng.random() < 0.3:
            story = rng.choice(still)
        index.add(story, fingerprint)
        story.last_at = at
        stories.append(story)
        for key in own + facts[fingerprint.language]:
            by_key.setdefault(key, []).append((story, fingerprint))
        if number == 450:
            index.prune(lambda story, at=at: story.open_at(at))
    assert cut > 200 and beyond > 200


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_articles_looked_up_together_are_placed_as_if_each_had_been_alone(seed):
    """Few words, companies and signatures: rows run over within a batch, stories close in the middle of one, another
    language comes up, some are not placed and late ones ask in between."""
    rng = random.Random(seed)
    entries, at = [], START
    for number in range(1_600):
        at += rng.choice([0, 0, MINUTE, HOUR // 3])
        title = " ".join(rng.choices(["ash", "birch", "cedar", "elm", "fir", "oak"], k=rng.randrange(1, 4)))
        bits = near(SIGNATURE, rng.randrange(0, 34), rng.randrange(60)) if rng.random() < 0.9 else ""
        language = "zh" if number > 500 and rng.random() < 0.3 else "en"
        names = [f"US:{rng.choice('ABCD')}"] if rng.random() < 0.6 else []
        entries.append(
            entry_of(scored(number, at, title=title, signature=bits, language=language, entities=names))
        )
    skipped = {number for number in range(len(entries)) if rng.random() < 0.05}

    def placed(sizes):
        book, begin, got = StoryBook(), 0, []
        while begin < len(entries):
            size = rng.choice(sizes)
            batch = entries[begin : begin + size]
            book.look_up(batch)
            for number, entry in enumerate(batch, begin):
                if number not in skipped:
                    got.append(book.place(entry))
                if number % 7 == 0:
                    got.append(book.find(entry))
            begin += size
        return got

    alone = placed([1])
    assert placed([200]) == alone and placed([2, 30, 450]) == alone
    assert len({one[0] for one in alone if isinstance(one, tuple)}) > 50


def test_article_without_a_signature_is_found_by_its_words():
    book = StoryBook()
    first = place(book, 1, START, "Customers queue outside Lyon branches", signature="")
    assert book.find(entry_of(scored(2, START, title="Nothing alike", signature=""))) == ""
    index = book._index
    fingerprint = fingerprint_of(
        entry_of(scored(3, START, title="Customers queue outside Lyon branches", signature=""))
    )
    assert [story.id for _, story, _ in index.candidates(fingerprint, START - HOUR, START - DAY)] == [first]


def test_closed_stories_are_released_and_one_that_goes_on_is_kept():
    book, rng = StoryBook(), random.Random(8)
    for number in range(1_500):  # a stranger every ten minutes, and one story again and again
        at = START + number * 10 * MINUTE
        lasting = number % 30 == 0
        entry = entry_of(
            scored(
                number,
                at,
                title="Strike in Lyon" if lasting else "".join(rng.choices("abcdefgh", k=6)),
                signature=near(SIGNATURE, 0, 1) if lasting else f"{rng.getrandbits(128):032x}",
            )
        )
        story, _ = book.place(entry)
        if number == 0:
            first = story
        if lasting and at < START + LONGEST_MS:
            assert story == first
    held = [pair for pair in book._index._entries if pair is not None]
    assert len(held) <= HORIZON_MS // (10 * MINUTE) + 40 < len(book)
    assert all(story.open_at(at - 2 * HOUR) for story, _ in held)
