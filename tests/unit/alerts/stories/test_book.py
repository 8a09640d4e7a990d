"""Which story an article joins, and how new it is there."""

from __future__ import annotations

import random

import pytest

from alerts.stories.book import StoryBook, novelty
from alerts.stories.codec import story_of
from alerts.stories.comparison import conflict
from alerts.stories.entry import entry_of
from alerts.stories.facts import facts_of
from alerts.stories.story import HORIZON_MS, LONGEST_MS
from alerts.testing import START, scored
from core.times import DAY, HOUR, MINUTE
from tests.support.signatures import SIGNATURE, near, place


def test_copy_joins_and_is_less_new():
    book = StoryBook()
    first, new = book.place(entry_of(scored(1, START, title="Fed cuts rates", signature=SIGNATURE)))
    second, less = book.place(entry_of(scored(2, START + HOUR, title="Fed cuts rates", signature=SIGNATURE)))
    assert first == second and new == 10_000 and less == novelty(1) == 7_500


def test_rewrite_with_shared_words_joins():
    book = StoryBook()
    first = place(book, 1, START, "Customers queue outside Lyon branches of Minster Bank")
    again = near(SIGNATURE, 24)
    assert place(book, 2, START + HOUR, "Customers queue outside Minster Bank branches", again) == first


def test_translation_joins_by_signature_and_facts():
    book = StoryBook()
    english = place(book, 1, START, "Japan cuts oil exports by 12.5 percent", entities=["US:XOM"])
    chinese = place(
        book,
        2,
        START + HOUR,
        "日本削减石油出口12.5%",
        near(SIGNATURE, 30),
        entities=["US:XOM"],
        language="zh",
    )
    assert english == chinese


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("France jobless rate drops to 2.41 pct", "France jobless rate drops to 7.43 pct"),
        ("Gasoline falls on demand worries", "LNG falls on demand worries"),
        ("India court to hear tax case on Monday", "India court to hear tax case on Thursday"),
        ("韩国2月出口增长", "日本2月出口增长"),
        ("Dow little changed", "Nikkei little changed"),
    ],
)
def test_titles_alike_with_other_facts_are_other_stories(one, other):
    book = StoryBook()
    assert place(book, 1, START, one) != place(book, 2, START + MINUTE, other, near(SIGNATURE, 4))


def test_translation_whose_signature_says_little_joins_by_what_both_state():
    book = StoryBook()
    english = place(
        book, 1, START, "Hikvision to move robotics headquarters to Singapore", entities=["CN:002415"]
    )
    same, other = "海康威视机器人总部将迁至新加坡", "海康威视机器人业务营收增长"
    far = near(SIGNATURE, 52)
    assert place(book, 2, START + HOUR, other, far, entities=["CN:002415"], language="zh") != english
    assert (
        place(book, 4, START + HOUR, same, near(SIGNATURE, 53, 2), entities=["CN:002415"], language="zh")
        == english
    )


def test_flash_joins_its_text_though_their_signatures_are_far():
    text = "Chase-AMP Bank said it will cut its prime lending rate to 17.75 pct from 18.25 pct. " * 5
    flash = "CHASE-AMP BANK TO LOWER AUSTRALIAN PRIME RATE TO 17.75 PCT"
    book = StoryBook()
    first = place(book, 1, START, flash)
    title, far = "CHASE-AMP BANK CUTS AUSTRALIAN PRIME TO 17.75 PCT", near(SIGNATURE, 42)
    assert place(book, 2, START + MINUTE, title, far, body=text) == first
    text, title = "Deposits grew. " * 20, "CHASE-AMP BANK SAYS DEPOSITS GREW"
    assert place(book, 3, START + MINUTE, title, near(SIGNATURE, 42, 9), body=text) != first


def test_reports_of_two_companies_with_one_figure_in_common_are_two_stories():
    book = StoryBook()
    first = place(book, 1, START, "DOMINION RESOURCES INC 3RD QTR SHR 1.52 DLRS VS 1.37 DLRS")
    second = place(book, 2, START, "SCOTT PAPER CO 3RD QTR SHR 1.52 DLRS VS 1.02 DLRS", near(SIGNATURE, 21))
    assert first != second


def test_what_rises_is_not_what_falls():
    book = StoryBook()
    one = place(book, 1, START, "Coking coal rises on the Dalian exchange")
    assert one != place(book, 2, START, "Coking coal falls on the Dalian exchange", near(SIGNATURE, 8))


@pytest.mark.parametrize(
    ("english", "chinese", "entity"),
    [
        ("Tesla recalls 120,500 cars over battery fires", "特斯拉召回120500辆汽车 电池起火", "US:TSLA"),
        (
            "SEC raids Pfizer offices in accounting fraud probe",
            "美国证券交易委员会突击检查辉瑞 涉财务造假",
            "US:PFE",
        ),
        ("Bank of England raises rates by 25 basis points", "英国央行加息25个基点", ""),
        ("Vanke defaults on bond, creditors seek liquidation", "万科债券违约 债权人申请清盘", "CN:000002"),
        ("Sinopec profit rises 14.5% in third quarter", "中国石化三季度净利润增长14.5%", "CN:600028"),
        ("US bans lithium imports from Chile", "美国禁止从智利进口锂", ""),
        ("Port strike halts copper exports from Peru", "秘鲁港口罢工 铜出口中断", ""),
    ],
)
def test_translation_as_far_as_a_stranger_joins_by_what_both_state(english, chinese, entity):
    named, far = [entity] if entity else [], near(SIGNATURE, 52)
    book = StoryBook()
    first = place(book, 1, START, english, entities=named)
    assert place(book, 2, START + HOUR, chinese, far, entities=named, language="zh") == first
    assert place(book, 3, START + 2 * HOUR, english, entities=named) == first
    book = StoryBook()
    first = place(book, 1, START, chinese, entities=named, language="zh")
    assert place(book, 2, START + HOUR, english, far, entities=named) == first


@pytest.mark.parametrize(
    ("english", "chinese", "entity"),
    [
        ("Tesla recalls 120,500 cars", "特斯拉召回36700辆汽车", "US:TSLA"),
        ("Tesla recalls cars over battery fires", "特斯拉任命新财务总监", "US:TSLA"),
        ("Swiss National Bank keeps rates unchanged", "瑞士央行加息", ""),
        ("Brent crude rises on supply cuts", "布伦特原油下跌 库存攀升", ""),
        ("Germany's exports fall in February", "法国2月出口下降", ""),
        ("Sinopec profit rises in third quarter", "中国石化二季度净利润增长", "CN:600028"),
        ("Strike halts plant in Osaka", "罢工致里昂工厂停产", ""),
        ("Bank of America cuts 953 jobs", "美国对中国商品加征关税", ""),
    ],
)
def test_two_languages_on_two_things_stay_two_stories(english, chinese, entity):
    named = [entity] if entity else []
    book = StoryBook()
    first = place(book, 1, START, english, entities=named)
    other = place(book, 2, START + HOUR, chinese, near(SIGNATURE, 50), entities=named, language="zh")
    assert other != first


def test_a_translation_must_agree_with_every_representative_of_the_story():
    book = StoryBook()
    first = place(book, 1, START, "Litecoin falls as miners sell", body="Litecoin fell 5.3 percent to 81.17.")
    again = place(book, 2, START + MINUTE, "Litecoin falls 5.3% as miners sell", near(SIGNATURE, 16))
    assert again == first
    other = place(book, 3, START + HOUR, "莱特币下跌18.7%", near(SIGNATURE, 44), language="zh")
    assert other != first


def test_a_title_may_tell_another_number_of_the_same_text_in_the_other_language():
    body = "Pfizer will buy Kestrel for $619 million in cash, 37.5 percent above its last price."
    text = "辉瑞拟以6.19亿美元现金收购红隼，溢价37.5%。"
    one = facts_of("Pfizer to buy Kestrel for $619 million", body, ["US:PFE"])
    other = facts_of("辉瑞溢价37.5%收购红隼", text, ["US:PFE"])
    assert conflict(one, other) and not conflict(one, other, other_title=True)


def test_headline_repeated_over_another_text_is_another_story():
    book = StoryBook()
    title = "FED SETS TWO BILLION DLR CUSTOMER REPURCHASE, FED SAYS"
    first = place(book, 1, START, title, body="Funds traded at 5 15/16 pct; reserves 812 mln, float 44 mln.")
    second = place(
        book,
        2,
        START + DAY,
        title,
        near(SIGNATURE, 8),
        body="Funds traded at 6 1/4 pct; reserves 377 mln, float 91 mln.",
    )
    assert first != second


def test_headline_repeated_days_later_is_another_story():
    book = StoryBook()
    assert place(book, 1, START, "Morning briefing") != place(
        book, 2, START + HORIZON_MS + MINUTE, "Morning briefing"
    )


def test_other_company_is_another_story():
    book = StoryBook()
    one = place(book, 1, START, "Outlook cut to negative", entities=["US:BA"])
    assert one != place(book, 2, START, "Outlook cut to negative", entities=["US:F"])


def test_story_that_never_sleeps_ends_after_a_week():
    book = StoryBook()
    names = {place(book, n, START + n * 12 * HOUR, "Strike goes on") for n in range(20)}
    assert len(names) == 2 and 20 * 12 * HOUR > LONGEST_MS


def test_book_taken_up_again_places_alike():
    rng = random.Random(4)
    book, entries = StoryBook(), []
    for number in range(200):
        signature = near(SIGNATURE, rng.randrange(0, 40), number)
        title = rng.choice(["Fed cuts rates", "Strike in Lyon", "里昂罢工"])
        entries.append(entry_of(scored(number, START + number * HOUR, title=title, signature=signature)))
    kept = {}
    for entry in entries[:100]:
        book.place(entry)
        kept |= {row["story"]: row for row in book.changed()}
    again = StoryBook()

    class Row:
        def __init__(self, row):
            self.__dict__.update(row)

    since = entries[99].at - HORIZON_MS
    again.restore([story_of(Row(row)) for row in kept.values() if row["last_at"] >= since])
    assert [again.place(entry) for entry in entries[100:]] == [book.place(entry) for entry in entries[100:]]


def test_late_article_may_join_and_founds_nothing():
    book = StoryBook()
    name = place(book, 1, START, "Fed cuts rates")
    book.changed()
    assert book.find(entry_of(scored(2, START, title="Fed cuts rates", signature=SIGNATURE))) == name
    assert book.find(entry_of(scored(3, START, title="Oil", signature=near(SIGNATURE, 64)))) == ""
    assert book.changed() == []
