"""Evidence: a pack holds what the alert was decided from, and the alert is derived again from it alone."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.evidence import assembly, schema
from alerts.evidence.headlines import strongest_headlines
from alerts.evidence.number_text import figure, p_value
from alerts.evidence.sentence import windowed
from alerts.evidence.verify import stored_articles
from alerts.evidence.verify.derivation import verify_pack
from alerts.records import Verdict, Window
from alerts.rules.loading import parse_rules
from alerts.testing import START, scored
from core.ids import text_hash
from core.times import HOUR, MINUTE, iso, parse_iso
from tests.support.packs import RULES, decided, packs


@pytest.fixture(scope="module")
def made() -> list[schema.Pack]:
    return packs()


def test_the_burst_fires_every_rule_and_resolves(made: list[schema.Pack]) -> None:
    fired = {pack.line.rule for pack in made if pack.line.state == "firing"}
    assert fired == {"share", "many", "fixed", "at-once"}
    assert {pack.line.rule for pack in made if pack.line.state == "resolved"} >= {"share", "fixed"}


def test_every_figure_of_every_pack_is_derived_again(made: list[schema.Pack]) -> None:
    for pack in made:
        checks = verify_pack(pack)
        wrong = [check for check in checks if check.verdict != "agrees"]
        assert wrong == [], (pack.line.rule, pack.line.state, wrong)
        if pack.window is not None:
            assert {"no look ahead", "negative", "detector's verdict", "threshold"} <= {
                c.what for c in checks
            }


def test_a_silence_says_how_long_it_was_quiet_and_what_that_time_lets_expect() -> None:
    rules = parse_rules(
        """
rules:
  - name: quiet
    series: ["source:wire"]
    window: 1h
    detector: {kind: silence, warmup_hours: 24, warmup_stories: 20}
    threshold: 3.0
    minimum: {stories: 0}
""",
        "rules.yaml",
    )
    found = packs(rules)
    pack = next(one for one in found if one.line.state == "firing")
    assert pack.verdict is not None and pack.window is not None
    quiet = (pack.window["end"] - pack.verdict["since"]) // MINUTE
    said = f"{quiet} min" if quiet < 120 else f"{quiet // 60} h"
    assert pack.sentence["en"].startswith(f"No story on source wire for {said}; ")
    assert " expected in that time; p = " in pack.sentence["en"] and " in 1 h" not in pack.sentence["en"]
    assert "没有报道；其间预期 " in pack.sentence["zh"]
    assert [check for check in verify_pack(pack) if check.verdict != "agrees"] == []


def test_a_pending_line_says_what_was_known_at_the_onset_and_its_pack_derives_it_again() -> None:
    held = parse_rules(RULES.source.replace("threshold: 2.0", "threshold: 2.0\n    hold: 15m"), "rules.yaml")
    found = packs(held)
    mine = [pack for pack in found if pack.line.rule == "share" and pack.line.series == "topic:energy"]
    pending, firing = (
        next(pack for pack in mine if pack.line.state == state) for state in ("pending", "firing")
    )
    decided_at = parse_iso(pending.line.decided_at)
    assert decided_at == parse_iso(pending.line.onset) + MINUTE
    assert all(one.available_at < decided_at - MINUTE for one in pending.articles)
    assert len(pending.line.article_ids) == pending.line.articles < firing.line.articles
    for pack in (pending, firing):
        assert [check for check in verify_pack(pack) if check.verdict != "agrees"] == []


def test_a_pending_line_made_from_a_later_look_is_found(made: list[schema.Pack]) -> None:
    pack = next(one for one in made if one.line.state == "firing" and one.line.rule == "share")
    early = msgspec.structs.replace(
        pack.line, state="pending", decided_at=iso(pack.articles[-1].available_at)
    )
    lie = msgspec.structs.replace(pack, line=early)
    assert "no look ahead" in [check.what for check in verify_pack(lie) if check.verdict == "differs"]


LIES: dict[str, Any] = {
    "an article was added": lambda p: {
        "articles": [*p.articles, msgspec.structs.replace(p.articles[0], id="ff")]
    },
    "a score was changed": lambda p: {
        "articles": [
            msgspec.structs.replace(one, p_negative=0, p_neutral=10_000, p_positive=0)
            for one in p.articles[:3]
        ]
        + p.articles[3:]
    },
    "the window counts more": lambda p: {"window": {**p.window, "negative": p.window["negative"] + 1}},
    "another threshold": lambda p: {"threshold": p.threshold / 2},
    "another statistic": lambda p: {"verdict": {**p.verdict, "statistic": 99.0}},
    "another p-value": lambda p: {"line": msgspec.structs.replace(p.line, p_value=1e-9)},
    "a milder rule": lambda p: {"rule": {**p.rule, "content": {**p.rule["content"], "threshold": 1.0}}},
    "a lower minimum beside the rule": lambda p: {"rule": {**p.rule, "min_publishers": 0}},
    "a lower minimum of bad news": lambda p: {"rule": {**p.rule, "min_negative_publishers": 1}},
    "a lower minimum beside one publisher": lambda p: {"rule": {**p.rule, "min_stories_beside_one": 1}},
    "bad news of one publisher": lambda p: {
        "articles": [
            msgspec.structs.replace(one, publisher="one.example") if one.p_negative > 5_000 else one
            for one in p.articles
        ]
    },
    "a shorter hold beside the rule": lambda p: {"rule": {**p.rule, "hold_ms": 5}},
    "a steeper ladder beside the rule": lambda p: {"rule": {**p.rule, "severities": [["low", 0.5]]}},
    "a parameter of the detector": lambda p: {
        "detector": {**p.detector, "params": {**p.detector["params"], "warmup_stories": 1}}
    },
    "panes of no length": lambda p: {"pane_ms": 0},
    "a window of no length": lambda p: {"rule": {**p.rule, "window_ms": 0}},
    "hops of no length": lambda p: {
        "detector": {**p.detector, "context": {**p.detector["context"], "hop_ms": 0}}
    },
    "a time that there is not": lambda p: {"window": {**p.window, "end": 10**18}},
    "another alert": lambda p: {"line": msgspec.structs.replace(p.line, id="0" * 32)},
    "decided earlier": lambda p: {"line": msgspec.structs.replace(p.line, decided_at="2023-01-01T00:00:00Z")},
    "another state of the detector": lambda p: {"detector": {**p.detector, "state": {}}},
    "other words": lambda p: {"sentence": {**p.sentence, "en": "Nothing happened."}},
    "news from the future": lambda p: {
        "articles": [msgspec.structs.replace(p.articles[0], available_at=p.window["end"]), *p.articles[1:]]
    },
}


@pytest.mark.parametrize("minimum", ["negative_publishers", "stories_beside_one"])
def test_a_minimum_that_the_rules_version_does_not_have_is_found(
    made: list[schema.Pack], minimum: str
) -> None:
    pack = next(
        one for one in made if one.window is not None and minimum not in one.rule["content"]["minimum"]
    )
    asked = msgspec.structs.replace(pack, rule={**pack.rule, f"min_{minimum}": 1})
    asked = msgspec.structs.replace(asked, hash=schema.hash_of(asked))
    wrong = [check.what for check in verify_pack(asked) if check.verdict == "differs"]
    assert f"rule's terms: min_{minimum}" in wrong


@pytest.mark.parametrize("name", sorted(LIES))
def test_whoever_changes_a_pack_is_found_even_with_a_new_hash(made: list[schema.Pack], name: str) -> None:
    honest = next(pack for pack in made if pack.line.rule == "share" and pack.line.state == "firing")
    lie = msgspec.structs.replace(honest, **LIES[name](honest))
    lie = msgspec.structs.replace(lie, hash=schema.hash_of(lie))
    found = [check.what for check in verify_pack(lie) if check.verdict == "differs"]
    assert found and "pack's hash" not in found
    assert "pack's hash" in [
        check.what
        for check in verify_pack(msgspec.structs.replace(lie, hash=honest.hash))
        if check.verdict == "differs"
    ]


FORMER = """
rules:
  - name: bad
    series: ["topic:energy"]
    window: 1h
    detector: {kind: negative_volume, warmup_hours: 12, warmup_stories: 20}
    threshold: 2.0
  - name: told
    series: ["topic:energy"]
    window: 1h
    detector: {kind: static, metric: stories}
    threshold: 10
"""


@pytest.mark.parametrize(
    ("rule", "now", "before"), [("bad", "negative_stories", "stories"), ("told", "stories", "negative_share")]
)
def test_a_pack_that_calls_its_figure_as_its_release_did_is_no_lie(rule: str, now: str, before: str) -> None:
    pack = next(one for one in packs(parse_rules(FORMER, "rules.yaml")) if one.line.rule == rule)
    assert pack.rule["metric"] == now

    def said(metric: str) -> list[tuple[str, str]]:
        changed = msgspec.structs.replace(pack, rule={**pack.rule, "metric": metric})
        found = verify_pack(msgspec.structs.replace(changed, hash=schema.hash_of(changed)))
        return [(one.what, one.verdict) for one in found if one.what == "rule's metric"]

    assert said(now) == [("rule's metric", "agrees")]
    assert said(before) == [("rule's metric", "unknown")]
    assert said("mean_sentiment") == [("rule's metric", "differs")]


def decision(pack: schema.Pack, what: str, kind: str, **rule: int) -> str:
    """The verdict on `what` where the pack's detector and rule are these."""
    pack = msgspec.structs.replace(pack, detector={**pack.detector, "kind": kind}, rule={**pack.rule, **rule})
    (check,) = [check for check in verify_pack(pack) if check.what == what]
    return check.verdict


def test_a_thin_hour_ends_no_alert_of_a_statistic_that_outlives_its_window(made: list[schema.Pack]) -> None:
    pack = next(one for one in made if one.line.state == "firing" and one.line.rule == "share")
    ended = msgspec.structs.replace(pack, line=msgspec.structs.replace(pack.line, state="resolved"))
    assert decision(ended, "resolved", "negative_share") == "differs"  # it is above its threshold
    assert decision(ended, "resolved", "negative_share", min_stories=1000) == "agrees"
    for kind in ("drift", "mean_shift"):
        assert decision(ended, "resolved", kind, min_stories=1000) == "differs"


def test_only_silence_fires_on_less_than_the_rules_minimum(made: list[schema.Pack]) -> None:
    pack = next(one for one in made if one.line.state == "firing" and one.line.rule == "share")
    assert decision(pack, "breach", "negative_share") == "agrees"
    assert decision(pack, "breach", "negative_share", min_articles=1000) == "differs"
    assert decision(pack, "breach", "silence", min_articles=1000) == "agrees"


def test_the_order_of_articles_changes_no_byte_of_a_pack() -> None:
    _, inputs = next(
        one for one in decided() if one[0].line.rule == "share" and one[0].line.state == "firing"
    )
    shuffled = list(inputs.articles)
    random.Random(1).shuffle(shuffled)
    from dataclasses import replace

    assert assembly.assemble(replace(inputs, articles=shuffled)) == assembly.assemble(inputs)


def test_texts_in_the_store_are_held_against_their_hashes(made: list[schema.Pack]) -> None:
    pack = next(pack for pack in made if pack.line.rule == "share")
    texts = {(one.id, one.revision): one.text_hash for one in pack.articles}
    assert texts_said(pack, texts) == ["agrees"]
    first = next(iter(texts))
    assert texts_said(pack, {**texts, first: text_hash("other", "")}) == ["differs"]
    del texts[first]
    assert texts_said(pack, texts) == ["agrees", "unknown"]
    assert texts_said(pack, {**texts, next(iter(texts)): "another"}) == ["differs", "unknown"]


def texts_said(pack: schema.Pack, texts: dict[tuple[str, str], str]) -> list[str]:
    return [check.verdict for check in stored_articles.text_checks(pack, texts)]


def test_a_window_of_thousands_is_cut_and_says_so() -> None:
    _, inputs = next(
        one for one in decided() if one[0].line.rule == "share" and one[0].line.state == "firing"
    )
    from dataclasses import replace

    many = [
        (scored(5000 + number, START + 50 * HOUR), f"s{number}")
        for number in range(assembly.MOST_ARTICLES + 7)
    ]
    pack = schema.load(assembly.assemble(replace(inputs, articles=many)))
    assert len(pack.articles) == assembly.MOST_ARTICLES and pack.left_out == 7
    assert "unknown" in {check.verdict for check in verify_pack(pack) if check.what == "counts"}
    # The rule asks how broadly the news is told: of what was left out nobody can say.
    assert [check.verdict for check in verify_pack(pack) if check.what == "breadth"] == ["unknown"]
    ended = msgspec.structs.replace(pack, line=msgspec.structs.replace(pack.line, state="resolved"))
    assert decision(ended, "resolved", "negative_share") == "unknown"
    asked = {"min_negative_publishers": 0, "min_stories_beside_one": 0}
    assert decision(ended, "resolved", "negative_share", **asked) == "differs"


def test_strongest_headlines_differ_from_one_another(made: list[schema.Pack]) -> None:
    article = made[0].articles[0]
    titles = ["Refinery burns in Texas"] * 3 + [
        "Refinery burns in Texas again",
        "Oil price jumps",
        "监管部门调查炼油厂",
    ]
    articles = [
        msgspec.structs.replace(article, id=str(at), story=str(at), title=title, p_negative=9_000)
        for at, title in enumerate(titles)
    ]
    chosen = strongest_headlines(articles, "negative", 3)
    assert [titles[int(name)] for name in chosen] == [
        "Refinery burns in Texas", "Oil price jumps", "监管部门调查炼油厂",
    ] or {titles[int(name)] for name in chosen} == {titles[0], titles[4], titles[5]}  # fmt: skip


def test_of_one_story_only_one_headline_is_shown(made: list[schema.Pack]) -> None:
    article = made[0].articles[0]
    copies = [
        msgspec.structs.replace(
            article, id=str(at), story="one", title=f"Quite another title {at} {at * 7919}"
        )
        for at in range(6)
    ]
    assert len(strongest_headlines(copies, "negative")) == 1


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["negative_share", "stories", "negative_stories", "mean_sentiment"]),
)
def test_any_figure_can_be_said(value: float, metric: str) -> None:
    assert figure(metric, value)


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0002, "2e-4"), (0.05, "0.05"), (1.0, "1"), (1e-300, "1e-300"), (0.0, "0e0"), (None, "NA")],
)
def test_a_p_value_is_said_as_people_write_it(value: float | None, said: str) -> None:
    assert p_value(value) == said


@pytest.mark.parametrize(("stories", "begins"), [(7, "7 stories"), (1, "1 story")])
def test_counts_are_said_as_people_say_them(stories: int, begins: str) -> None:
    end = parse_iso("2026-03-27T15:00:00Z")
    window = Window("entity:CN:000002", end - 6 * HOUR, end, 8, stories, 7)
    line = msgspec.structs.replace(
        decided()[0][0].line, series=window.series, observed=float(stories), expected=0.667608, p_value=4.5e-5
    )
    told = windowed(line, "stories", window, Verdict(4.3, 4.5e-5, float(stories), 0.667608, 0.0, 3.1))
    en = f"{begins} on CN:000002 in 6 h (8 articles, 7 publishers); 0.7 (0 – 3.1) expected for a Friday 15:00 UTC; "
    zh = f"6 小时内 CN:000002 报道数 {stories}（8 篇文章，7 家媒体）；周五 15:00 UTC 预期 0.7 (0 – 3.1)；"
    assert told == {"en": en + "p = 5e-5.", "zh": zh + "p = 5e-5。"}


@pytest.mark.parametrize(("bad", "begins"), [(6, "6 negative stories"), (1, "1 negative story")])
def test_negative_stories_are_called_that_beside_all_of_them(bad: int, begins: str) -> None:
    end = parse_iso("2026-03-27T15:00:00Z")
    window = Window("entity:CN:000002", end - 6 * HOUR, end, 12, 9, 7, 8, bad)
    line = msgspec.structs.replace(
        decided()[0][0].line, series=window.series, observed=float(bad), expected=0.4, p_value=4.5e-5
    )
    told = windowed(line, "negative_stories", window, Verdict(4.3, 4.5e-5, float(bad), 0.4, 0.0, 2.0))
    assert told["en"].startswith(f"{begins} on CN:000002 in 6 h (9 stories; 12 articles, 7 publishers); 0.4 ")
    assert told["zh"].startswith(f"6 小时内 CN:000002 负面报道数 {bad}（9 个报道；12 篇文章，7 家媒体）；")


TINY = Verdict(12.4, 4e-13, 9.0, 0.0124, 0.0, 0.03)


def of_tiny(verdict: Verdict, **how: bool) -> dict[str, str]:
    end = parse_iso("2026-03-06T17:00:00Z")
    window = Window("entity:US:BAC", end - 3 * HOUR, end, 28, 13, 16, 11, 9)
    line = msgspec.structs.replace(
        decided()[0][0].line, series=window.series, observed=9.0, expected=verdict.expected, p_value=4e-13
    )
    return windowed(line, "negative_stories", window, verdict, **how)


def test_next_to_nothing_is_said_to_be_expected_in_words_not_as_zero() -> None:
    told = of_tiny(TINY)
    assert "; less than 0.1 expected for a Friday 17:00 UTC; p = 4e-13." in told["en"]
    assert "；周五 17:00 UTC 预期不足 0.1；p = 4e-13。" in told["zh"]
    told = of_tiny(msgspec.structs.replace(TINY, high=0.7))
    assert "; less than 0.1 (0 – 0.7) expected for a Friday" in told["en"]
    assert "预期不足 0.1 (0 – 0.7)；" in told["zh"]


def test_a_pack_that_was_told_with_a_zero_still_agrees_and_no_third_wording_does(
    made: list[schema.Pack],
) -> None:
    was, now = of_tiny(TINY, round_to_0=True), of_tiny(TINY)
    assert "; 0 (0 – 0) expected for a Friday 17:00 UTC;" in was["en"] and was != now
    honest = next(one for one in made if one.line.rule == "many" and one.verdict is not None)
    assert honest.verdict is not None and honest.window is not None
    line = msgspec.structs.replace(honest.line, expected=0.0124)
    tiny = msgspec.structs.replace(
        honest, line=line, verdict={**honest.verdict, "expected": 0.0124, "low": 0.0, "high": 0.03}
    )
    metric, window, verdict = tiny.rule["metric"], Window(**honest.window), Verdict(**(tiny.verdict or {}))

    def said(sentence: dict[str, str]) -> str:
        checks = verify_pack(msgspec.structs.replace(tiny, sentence=sentence))
        return next(check.verdict for check in checks if check.what == "sentence")

    assert said(windowed(line, metric, window, verdict)) == "agrees"
    assert said(windowed(line, metric, window, verdict, round_to_0=True)) == "agrees"
    mixed = {
        "en": windowed(line, metric, window, verdict)["en"],
        "zh": windowed(line, metric, window, verdict, round_to_0=True)["zh"],
    }
    assert said(mixed) == "differs"
