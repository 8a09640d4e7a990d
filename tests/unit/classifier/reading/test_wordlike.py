"""What spells no words is abstained on, and what does is not."""

import random
import string

import pytest

from classifier.network.registry import SHIPPED
from classifier.reading.normal import normal
from classifier.reading.tokenizer import ChunkTokenizer
from classifier.reading.wordlike import Wordlike
from classifier.records import Text
from classifier.scoring.engine import Engine

REAL = [
    "Apple beats estimates",
    "The FTSE 100 rose 0.4%",
    "LVMH, BNP Paribas and ASML rise in Paris",
    "$F up 3%",
    "Kweichow Moutai, Wuliangye and Luzhou Laojiao fall",
    "",
    "2019 10-K 8-K 6-K 0.5% 1.2%",
]


def noise(texts: list[str]) -> list[bool]:
    tokens = ChunkTokenizer(SHIPPED)
    leads = [w.ids for w in tokens.chunks([normal(t) for t in texts], [[] for _ in texts]) if w.lead]
    return [bool(n) for n in Wordlike(tokens.pieces()).noise(leads)]


@pytest.mark.parametrize(
    ("keys", "share"), [(string.ascii_lowercase, 0.75), ("asdfghjkl", 0.6), ("0123456789abcdef", 0.75)]
)
def test_most_noise_is_told(keys: str, share: float) -> None:
    rng = random.Random(7)
    typed = [
        " ".join("".join(rng.choice(keys) for _ in range(rng.randint(5, 9))) for _ in range(8))
        for _ in range(300)
    ]
    assert sum(noise(typed)) >= share * len(typed)


def test_words_names_tickers_and_numbers_are_none() -> None:
    assert not any(noise(REAL))


def test_the_engine_abstains_on_noise_for_the_article() -> None:
    told, read = Engine.load(threads=1).score([Text("asdkjh qwoeiu zxmnc poiuwer qqzx"), Text(REAL[0])])
    assert told.abstained
    assert not read.abstained


def test_one_letter_over_and_over_is_no_word() -> None:
    assert all(noise(["a" * 42, "A" * 42, "z" * 42, "aaaa aaaa aaaa aaaa"]))
    assert not any(noise(["Fitch cuts AAA rating of the United States", "AAA bonds, XXX shares: see www"]))
