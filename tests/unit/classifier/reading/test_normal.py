"""What the encoder reads: the normal form, the language."""

from classifier.reading.normal import normal, replace_surrogates
from classifier.reading.script import detect
from classifier.records import shares
from core.text.chinese import simplified


def test_a_wires_capitals_are_lowered_and_a_headline_is_not() -> None:
    assert normal("FED SETS TWO BILLION DLR REPURCHASE") == "fed sets two billion dlr repurchase"
    assert normal("IBM Corp up") == "IBM Corp up"
    assert normal("IBM") == "IBM"


def test_links_fold_and_controls_go() -> None:
    assert normal("up https://t.co/abc\x00\u200b  http://x.y/z\n") == "up http http"


def test_lone_surrogates_are_replaced_and_sound_text_is_the_same_object() -> None:
    text = "贵州茅台 📈"
    assert replace_surrogates(text) is text
    replace_surrogates("\ud83d oops").encode()


def test_script_tells_the_language() -> None:
    assert detect("央行降准") == "zh"
    assert detect("The Chinese central bank (中国人民银行) cuts rates") == "en"
    assert detect("") == "en"


def test_shares_sum_to_ten_thousand() -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    for _ in range(500):
        p = rng.dirichlet([0.3, 0.3, 0.3])
        assert sum(shares(p)) == 10_000
        assert max(abs(a / 10_000 - b) for a, b in zip(shares(p), p, strict=True)) <= 1e-4


def test_traditional_chinese_is_read_as_simplified() -> None:
    assert normal("騰訊控股：淨利潤增長") == normal("腾讯控股：净利润增长")
    assert simplified("髮發 Apple 台積電\U00020000") == "发发 Apple 台积电\U00020000"
    assert len(simplified("臺灣積體電路")) == len("臺灣積體電路")
