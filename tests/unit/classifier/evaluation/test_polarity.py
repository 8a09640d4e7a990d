"""The measure counts what it says, on a scorer whose answers are known."""

from collections.abc import Sequence
from pathlib import Path

from classifier.entities.linker import build
from classifier.evaluation import polarity
from classifier.evaluation.own_sets import EvaluationText
from classifier.records import MentionScore, Score, Text


def scored(
    sentiment: str, abstained: bool = False, topics: dict[str, int] | None = None, mentions=()
) -> Score:
    shares = {s: 9_000 if s == sentiment else 500 for s in ("negative", "neutral", "positive")}
    three = shares["negative"], shares["neutral"], shares["positive"]
    return Score(*three, abstained, topics or {}, tuple(mentions), "", "en", "news", "v")


def mention(entity: str, sentiment: str) -> MentionScore:
    shares = {s: 9_000 if s == sentiment else 500 for s in ("negative", "neutral", "positive")}
    return MentionScore(
        entity, entity, 9_000, shares["negative"], shares["neutral"], shares["positive"], False
    )


class AlwaysNegative:
    def score(self, texts: Sequence[Text]) -> list[Score]:
        return [scored("negative", topics={"general": 9_000, "energy": 6_000}) for _ in texts]


def test_sentiment_is_counted_by_language_and_kind_also_where_abstained() -> None:
    rows = [
        EvaluationText("1", "a", "en", "less", ("positive",)),
        EvaluationText("2", "b", "en", "less", ("positive", "neutral")),
        EvaluationText("3", "c", "zh", "more", ("negative",)),
        EvaluationText("4", "d", "zh", "more"),
    ]
    counts = polarity.sentiment(
        rows, [scored("negative"), scored("neutral", abstained=True), scored("negative"), scored("neutral")]
    )
    assert counts["all"] == {"texts": 3, "accuracy": 0.6667, "abstained": 0.3333}
    assert counts["en less"]["accuracy"] == 0.5
    assert counts["zh more"] == {"texts": 1, "accuracy": 1.0, "abstained": 0.0}
    assert polarity.wrong(rows, [scored("negative")] * 4)[0].startswith("1 less: a -> negative")


def test_companies_are_found_by_id_or_by_their_name_in_the_text() -> None:
    linker = build()
    rows = [
        EvaluationText(
            "1",
            "Intel sues Microsoft",
            "en",
            "x",
            companies={"Intel": ("neutral",), "Microsoft": ("negative",)},
        ),
        EvaluationText("2", "Ford recalls trucks", "en", "x", companies={"US:F": ("negative",)}),
    ]
    scores = [
        scored("negative", mentions=[mention("US:INTC", "neutral"), mention("US:MSFT", "positive")]),
        scored("negative"),
    ]
    assert polarity.companies(rows, scores, linker)["all"] == {
        "texts": 3, "found": 0.6667, "accuracy": 0.5, "of_all": 0.3333,
    }  # fmt: skip


def test_a_topic_of_half_or_more_on_a_text_without_finance_is_false_but_general_is_not() -> None:
    rows = [EvaluationText(str(i), "x", "en", "weather") for i in range(3)]
    topics = [{"general": 9_000}, {"energy": 5_000}, {"energy": 4_999}]
    counts = polarity.false_topics(rows, [scored("neutral", topics=t) for t in topics])
    assert counts["en weather"] == {"texts": 3, "false": 0.3333}


def test_the_top_topic_counts_as_general_where_there_is_none() -> None:
    rows = [
        EvaluationText("1", "x", "en", "x", topics=("general",)),
        EvaluationText("2", "x", "en", "x", topics=("energy",)),
    ]
    counts = polarity.top_topics(
        rows, [scored("neutral"), scored("neutral", topics={"energy": 9, "crypto": 3})]
    )
    assert counts["all"] == {"texts": 2, "accuracy": 1.0}


def test_measure_covers_every_set_and_is_shown_as_tables(tmp_path: Path) -> None:
    result = polarity.measure(AlwaysNegative(), build(), tmp_path)
    assert set(result) == {"polarity", "roles", "not_finance", "long_negative"}
    assert 0.35 < result["polarity"]["sentiment"]["all"]["accuracy"] < 0.55
    assert result["long_negative"]["sentiment"]["en negative"]["accuracy"] == 1.0
    assert result["not_finance"]["topics"]["all"]["false"] == 1.0
    assert result["roles"]["companies"]["all"]["of_all"] == 0.0
    text = polarity.table(result)
    assert "polarity, sentiment" in text and "| zh figures |" in text
